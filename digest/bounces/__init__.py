"""What comes back by mail: bounces, complaints, automatic replies and wishes to leave."""

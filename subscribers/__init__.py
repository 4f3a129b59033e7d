"""People and consent: who may be mailed, why, and how they leave."""

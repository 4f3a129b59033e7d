"""The web: public pages, and the site they stand on."""

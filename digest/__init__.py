"""The newsletter: from the blogs a team follows to one good email a week."""

"""How long a deploy takes beside the script that a person would type, and beside other tools."""

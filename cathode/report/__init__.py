"""Pictures and the report of a campaign."""

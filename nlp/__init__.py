"""Text -> Grievance, Grievances -> Theme."""

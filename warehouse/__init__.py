"""Post + Grievance + Theme -> answers, in DuckDB."""

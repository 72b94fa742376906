"""What the numbers support: statistics, verdict, gates, and the comparison of two reports."""

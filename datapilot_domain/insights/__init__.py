"""Insights: facts with the SQL that gives each number again, drafts that cite them, rules that a text must keep."""

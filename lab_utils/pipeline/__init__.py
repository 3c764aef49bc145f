"""The GitLab pipeline of part 5: looked at by its schema and by its meaning, and really run."""

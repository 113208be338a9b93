"""What the service answers besides data: documentation, permalinks, problems explained, health."""

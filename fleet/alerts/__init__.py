"""What breaks in the regions: findings become alerts, one for each cause."""

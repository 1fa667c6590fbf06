"""The pages of alerts. They are shown in the words of the review, which knows alerts, not these."""

"""Pages of the organisation: units, people, levels, the audit trail and the outgoing mail."""

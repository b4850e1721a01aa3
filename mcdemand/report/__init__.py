"""Results for people: tables, figures, listings. Text from strangers is shown as it is, never interpreted."""

//! Renders a report.

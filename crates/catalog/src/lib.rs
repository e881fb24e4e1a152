//! What is known of camera vendors.

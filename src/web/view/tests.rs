//! The view of a desk.

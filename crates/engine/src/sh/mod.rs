//! The shell language and the small tools as resumable programs over a place.

//! Which thread can go on: whose answer is there, whose pipe has bytes or room.

use super::{Fd, Frame, Pipe, Prog, Shell, Thread, Wait};

impl Shell {
    pub(super) fn is_ready(&self, thread: &Thread) -> bool {
        match &thread.wait {
            Wait::Ready => true,
            Wait::Answer(_) | Wait::Either(..) => thread.answer.is_some(),
            Wait::Threads(ids) => ids.iter().all(|id| !self.threads.contains_key(id)),
            Wait::Stdin => self.readable(thread),
            Wait::Line => self.line_readable(thread),
            Wait::Room(pipe) => {
                !self.pipes.get(pipe).is_some_and(Pipe::is_full) || !self.has_readers(*pipe)
            }
            Wait::Child => {
                !thread.events.is_empty()
                    || matches!(
                        thread.frames.last(),
                        Some(Frame::Run(run))
                            if matches!(run.prog, Prog::Child { fed: false, .. })
                                && self.readable(thread)
                    )
            }
        }
    }

    pub(crate) fn input_fd<'t>(&self, thread: &'t Thread) -> &'t Fd {
        match thread.frames.last() {
            Some(Frame::Run(run)) => &run.fds[0],
            _ => &thread.fds[0],
        }
    }

    /// Bytes are there, or the end is.
    fn readable(&self, thread: &Thread) -> bool {
        match self.input_fd(thread) {
            Fd::Stdin => !self.stdin.is_empty() || !self.stdin_open,
            Fd::PipeIn(pipe) => {
                self.pipes.get(pipe).is_none_or(|p| !p.is_empty()) || !self.has_writers(*pipe)
            }
            Fd::Stdout | Fd::Stderr | Fd::PipeOut(_) | Fd::File(_) | Fd::Null => true,
        }
    }

    fn line_readable(&self, thread: &Thread) -> bool {
        let (pipe, open) = match self.input_fd(thread) {
            Fd::Stdin => (Some(&self.stdin), self.stdin_open),
            Fd::PipeIn(id) => (self.pipes.get(id), self.has_writers(*id)),
            Fd::Stdout | Fd::Stderr | Fd::PipeOut(_) | Fd::File(_) | Fd::Null => (None, false),
        };
        !open || pipe.is_some_and(Pipe::has_line)
    }

    fn any_fd(&self, wanted: &Fd) -> bool {
        self.threads.values().any(|thread| {
            let held = |frame: &Frame| frame.fds().is_some_and(|fds| fds.contains(wanted));
            thread.fds.contains(wanted) || thread.frames.iter().any(held)
        })
    }

    pub(crate) fn has_readers(&self, pipe: u32) -> bool {
        self.any_fd(&Fd::PipeIn(pipe)) || self.pipes.get(&pipe).is_some_and(Pipe::is_unbounded)
    }

    pub(crate) fn has_writers(&self, pipe: u32) -> bool {
        self.any_fd(&Fd::PipeOut(pipe))
    }
}

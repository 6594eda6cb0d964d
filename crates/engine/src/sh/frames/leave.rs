//! Leaving frames before their time: Ctrl+C, `break`, `continue`, `return`.

use super::{Env, Frame, Thread, Var};

pub(crate) fn restore(env: &mut Env, saved: impl IntoIterator<Item = (String, Option<Var>)>) {
    for (name, var) in saved {
        match var {
            Some(var) => env.vars.insert(name, var),
            None => env.vars.remove(&name),
        };
    }
}

/// Ends everything a thread has under way, giving back what was set aside; a reading shell stays.
pub(crate) fn unwind(thread: &mut Thread, status: i32) {
    while let Some(frame) = thread.frames.pop() {
        if give_back(thread, frame) {
            break;
        }
    }
    thread.env.status = status;
    thread.interrupted = false;
}

/// Undoes what a frame set aside. True for the frame at which a reading shell's line ends (it is
/// put back).
fn give_back(thread: &mut Thread, frame: Frame) -> bool {
    match frame {
        Frame::Restore(fds) => thread.fds = fds,
        Frame::Call { args, locals } => {
            thread.env.args = args;
            restore(&mut thread.env, locals);
        }
        Frame::Run(run) => restore(&mut thread.env, run.restore),
        frame @ (Frame::Reader { .. } | Frame::Foreground(0)) => {
            thread.frames.push(frame);
            return true;
        }
        Frame::List { .. }
        | Frame::Item { .. }
        | Frame::Negate
        | Frame::Members(_)
        | Frame::Start { .. }
        | Frame::Expand(_)
        | Frame::Open(_)
        | Frame::For { .. }
        | Frame::While { .. }
        | Frame::If { .. }
        | Frame::Foreground(_) => {}
    }
    false
}

/// `break`, `continue` and `return`: pops frames up to the `depth`th loop or the call.
pub(crate) fn leave(thread: &mut Thread, what: Leave) -> bool {
    let is_target = |frame: &Frame| match what {
        Leave::Loop { .. } => matches!(frame, Frame::For { .. } | Frame::While { .. }),
        Leave::Call => matches!(frame, Frame::Call { .. }),
    };
    let depth = match what {
        Leave::Loop { depth, .. } => depth.max(1),
        Leave::Call => 1,
    };
    let targets = thread.frames.iter().filter(|frame| is_target(frame)).count();
    if targets == 0 {
        return false;
    }
    let mut left = depth.min(u32::try_from(targets).unwrap_or(u32::MAX));
    while let Some(frame) = thread.frames.pop() {
        if is_target(&frame) {
            left -= 1;
            if left == 0 {
                match (what, frame) {
                    (Leave::Loop { again: true, .. }, Frame::While { command, status, .. }) => {
                        thread.frames.push(Frame::While { command, testing: false, status });
                    }
                    (Leave::Loop { again: true, .. } | Leave::Call, frame) => {
                        thread.frames.push(frame);
                    }
                    (Leave::Loop { again: false, .. }, _) => {}
                }
                return true;
            }
            continue;
        }
        give_back(thread, frame);
    }
    true
}

/// What is left, and whether a loop goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leave {
    Loop { depth: u32, again: bool },
    Call,
}

//! Ctrl+C.

use super::{Env, Event, Flow, Frame, MAIN, Mode, Next, Prog, Shell, Step, Thread, Wait};

impl Shell {
    /// Ctrl+C: programs of the foreground job get it; what they were part of ends with 130.
    pub(super) fn interrupt(&mut self) {
        let ids: Vec<u32> = self.threads.keys().copied().collect();
        for id in ids {
            let Some(mut thread) = self.threads.remove(&id) else { continue };
            let mine = thread.job.is_none() || thread.job == self.foreground;
            if mine && !thread.frames.is_empty() {
                self.interrupt_thread(&mut thread);
            }
            self.threads.insert(id, thread);
        }
        if self.options.mode == (Mode::Stdin { prompt: true }) {
            self.steps.push(Step::Err(b"\n".to_vec()));
            if !self.busy_below_reader() {
                self.prompt(false);
            }
        }
    }

    /// What a line editor shows again when its terminal has another size: the prompt.
    pub(crate) fn prompt_again(&self) -> Option<Vec<u8>> {
        let waits =
            self.options.mode == (Mode::Stdin { prompt: true }) && !self.busy_below_reader();
        let cwd = self.env().map_or("/", Env::cwd);
        waits.then(|| format!("\r{cwd} # \x1b[J").into_bytes())
    }

    fn busy_below_reader(&self) -> bool {
        self.threads.get(&MAIN).is_some_and(|main| main.frames.len() > 1)
    }

    fn interrupt_thread(&mut self, thread: &mut Thread) {
        let trapped = thread.env.trap_int.is_some();
        if let [Frame::Reader { text, .. }] = thread.frames.as_mut_slice() {
            text.clear();
            return;
        }
        thread.interrupted = !trapped;
        match thread.frames.last_mut() {
            Some(Frame::Run(run)) => match &mut run.prog {
                Prog::Child { ticket, .. } => self.steps.push(Step::Interrupt(*ticket)),
                Prog::Tool(_) => {
                    self.resume_tool(run, &mut thread.env, Event::Interrupt);
                    self.drop_wait(thread);
                }
                Prog::Starting => {
                    run.next = Next::Flow(Flow::Exit(130));
                    self.drop_wait(thread);
                }
            },
            Some(_)
                if matches!(
                    thread.wait,
                    Wait::Answer(_) | Wait::Either(..) | Wait::Stdin | Wait::Line
                ) =>
            {
                self.drop_wait(thread);
                crate::sh::frames::unwind(thread, 130);
            }
            _ => {}
        }
    }

    fn drop_wait(&mut self, thread: &mut Thread) {
        let tickets = match thread.wait {
            Wait::Answer(ticket) => vec![ticket],
            Wait::Either(a, b) => vec![a, b],
            Wait::Ready
            | Wait::Threads(_)
            | Wait::Stdin
            | Wait::Line
            | Wait::Room(_)
            | Wait::Child => Vec::new(),
        };
        for ticket in tickets {
            self.owners.remove(&ticket);
            self.steps.push(Step::Cancel(ticket));
        }
        thread.answer = None;
        thread.wait = Wait::Ready;
    }
}

//! Redirections, and what happens once a command's streams are there.

use super::{
    Answer, Ask, BTreeMap, Command, Fd, Fds, FileAnswer, FileAsk, Frame, Opening, Pipe,
    RedirectKind, Shell, Stage, Thread,
};

impl Shell {
    /// Opens one redirection after the other, then starts.
    pub(super) fn open(&mut self, id: u32, thread: &mut Thread, mut opening: Box<Opening>) {
        while let Some((fd, kind, target)) = opening.redirects.front().cloned() {
            let slot = usize::from(fd.unwrap_or(1));
            let opened = if opening.asked {
                opening.asked = false;
                self.opened(thread, kind, &target)
            } else {
                match self.open_now(&opening.fds, kind, &target) {
                    Err(text) => Err(text),
                    Ok(Some(fd)) => Ok(fd),
                    Ok(None) => {
                        let path = crate::files::absolute(&thread.env.cwd, &target);
                        let ask = match kind {
                            RedirectKind::Read => FileAsk::Read(path),
                            RedirectKind::Append => {
                                FileAsk::Write { path, bytes: Vec::new(), append: true }
                            }
                            RedirectKind::Write | RedirectKind::Duplicate | RedirectKind::Text => {
                                FileAsk::Write { path, bytes: Vec::new(), append: false }
                            }
                        };
                        opening.asked = true;
                        thread.frames.push(Frame::Open(opening));
                        self.ask(id, thread, Ask::File(ask));
                        return;
                    }
                }
            };
            opening.redirects.pop_front();
            match opened {
                Ok(opened) => {
                    if fd.is_none() {
                        opening.fds[2] = opened.clone();
                    }
                    if let Some(place) = opening.fds.get_mut(slot) {
                        *place = opened;
                    }
                }
                Err(text) => {
                    let text = format!("{}{target}: {text}\n", thread.env.prefix());
                    self.write_error(thread, text);
                    thread.env.status = 1;
                    return;
                }
            }
        }
        self.launch(thread, *opening);
    }

    /// Targets that need no file; `None` for those that do.
    fn open_now(
        &mut self,
        fds: &Fds,
        kind: RedirectKind,
        target: &str,
    ) -> Result<Option<Fd>, String> {
        match kind {
            RedirectKind::Text => {
                let pipe = self.new_id();
                self.pipes.insert(pipe, Pipe::filled(target.as_bytes().to_vec()));
                return Ok(Some(Fd::PipeIn(pipe)));
            }
            RedirectKind::Duplicate => {
                let copy = target.parse::<usize>().ok().and_then(|n| fds.get(n)).cloned();
                return match (target, copy) {
                    ("-", _) => Ok(Some(Fd::Null)),
                    (_, Some(copy)) => Ok(Some(copy)),
                    (_, None) => Err("Bad file descriptor".into()),
                };
            }
            RedirectKind::Read | RedirectKind::Write | RedirectKind::Append => {}
        }
        let reads = kind == RedirectKind::Read;
        Ok(match (target, reads) {
            ("/dev/null", _) => Some(Fd::Null),
            ("/dev/zero", true) => {
                // as much as a reader can want here: the end of it is not modelled
                let pipe = self.new_id();
                self.pipes.insert(pipe, Pipe::filled(vec![0; 1 << 21]));
                Some(Fd::PipeIn(pipe))
            }
            ("/dev/stdout" | "/dev/fd/1", false) => Some(fds[1].clone()),
            ("/dev/stderr" | "/dev/fd/2", false) => Some(fds[2].clone()),
            ("/dev/tty", false) => Some(Fd::Stdout),
            ("/dev/stdin" | "/dev/tty", true) => Some(fds[0].clone()),
            ("", _) => return Err("No such file or directory".into()),
            _ => None,
        })
    }

    /// What the file tree said.
    fn opened(
        &mut self,
        thread: &mut Thread,
        kind: RedirectKind,
        target: &str,
    ) -> Result<Fd, String> {
        match (thread.answer.take(), kind) {
            (Some(Answer::File(FileAnswer::Failed(error))), _) => Err(error.text().to_owned()),
            (Some(Answer::File(FileAnswer::Bytes(bytes))), RedirectKind::Read) => {
                let pipe = self.new_id();
                self.pipes.insert(pipe, Pipe::filled(bytes));
                Ok(Fd::PipeIn(pipe))
            }
            _ => Ok(Fd::File(crate::files::absolute(&thread.env.cwd, target))),
        }
    }

    /// Streams are open: what now?
    fn launch(&mut self, thread: &mut Thread, opening: Opening) {
        let Opening { command, argv, assigns, fds, status, .. } = opening;
        if let Command::Compound { kind, .. } = &*command {
            let saved = std::mem::replace(&mut thread.fds, fds);
            if saved != thread.fds {
                thread.frames.push(Frame::Restore(saved));
            }
            self.begin_body(thread, kind, &command);
            return;
        }
        if argv.is_empty() {
            for (name, value) in assigns {
                let read_only = thread.env.vars.get(&name).is_some_and(|var| var.read_only);
                if read_only {
                    let text = format!("{}{name}: readonly variable\n", thread.env.prefix());
                    self.write_error(thread, text);
                    thread.env.status = 1;
                    return;
                }
                thread.env.set(&name, value);
            }
            thread.env.status = status.unwrap_or(0);
            return;
        }
        let argv = crate::sh::run::alias(&thread.env, argv);
        let function = argv.first().and_then(|name| thread.env.functions.get(name)).cloned();
        if let Some(body) = function {
            if thread.frames.len() > 2_000 {
                self.write_error(thread, "bash: maximum function nesting level exceeded\n".into());
                thread.frames.clear();
                thread.env.status = 1;
                return;
            }
            let saved = std::mem::replace(&mut thread.fds, fds);
            if saved != thread.fds {
                thread.frames.push(Frame::Restore(saved));
            }
            let args = argv.into_iter().skip(1).collect();
            let args = std::mem::replace(&mut thread.env.args, args);
            thread.frames.push(Frame::Call { args, locals: BTreeMap::new() });
            thread.frames.push(Frame::Start { command: body, stage: Stage::First });
            return;
        }
        self.start_run(thread, argv, assigns, fds);
    }
}

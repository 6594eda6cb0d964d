//! One terminal: its stack of sessions, the line being typed, the blocks above it.

use crate::block::{Block, TerminalView};
use crate::display::Display;
use crate::session::{Reading, Session};
use crate::world::{Machine, sh};
use api::Timestamp;
use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::{BTreeMap, VecDeque};

/// Most blocks kept.
const MOST_BLOCKS: usize = 500;

/// A terminal on a machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Terminal {
    pub(crate) machine: Machine,
    pub(crate) sessions: BTreeMap<u32, Session>,
    /// Sessions that have the terminal, the innermost last.
    pub(crate) stack: Vec<u32>,
    pub(crate) next_session: u32,
    pub(crate) editor: sh::Editor,
    /// Editors of the other machines reached from here, with their histories.
    pub(crate) editors: BTreeMap<Machine, sh::Editor>,
    /// Lines typed ahead.
    pub(crate) ahead: VecDeque<String>,
    /// The line that runs: its block.
    pub(crate) running: Vec<Running>,
    pub(crate) display: Display,
    pub(crate) reading: Option<Reading>,
    /// The program that takes keys as they are.
    pub(crate) raw: Option<(u32, sh::Ticket)>,
    /// The program that fills the screen.
    pub(crate) full: Option<(u32, sh::Ticket)>,
    /// Tab was the key before.
    pub(crate) tabbed: bool,
    pub(crate) view: TerminalView,
    pub(crate) next_block: u64,
    /// Power was off when last looked at.
    pub(crate) off: bool,
}

/// A line under way in one session of the stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Running {
    pub(crate) session: u32,
    pub(crate) line: String,
    pub(crate) machine: Machine,
    pub(crate) started: Timestamp,
}

impl Terminal {
    pub(crate) fn new(machine: Machine) -> Self {
        let view = TerminalView { columns: 120, rows: 30, ..TerminalView::default() };
        Self {
            machine,
            sessions: BTreeMap::new(),
            stack: Vec::new(),
            next_session: 0,
            editor: sh::Editor::default(),
            editors: BTreeMap::new(),
            ahead: VecDeque::new(),
            running: Vec::new(),
            display: Display::default(),
            reading: None,
            raw: None,
            full: None,
            tabbed: false,
            view,
            next_block: 0,
            off: false,
        }
    }

    /// The session that has the terminal.
    pub(crate) fn top(&self) -> Option<(u32, &Session)> {
        let id = *self.stack.last()?;
        Some((id, self.sessions.get(&id)?))
    }

    pub(crate) fn top_mut(&mut self) -> Option<&mut Session> {
        let id = *self.stack.last()?;
        self.sessions.get_mut(&id)
    }

    /// A foreground command runs.
    pub(crate) fn busy(&self) -> bool {
        self.top().is_some_and(|(_, session)| session.shell.busy())
    }

    /// Something reads typed lines: a program that asked, or the shell's own standard input.
    pub(crate) fn reads(&self) -> bool {
        self.reading.is_some()
            || self.top().is_some_and(|(_, session)| {
                session.shell.wants_stdin()
                    || session.children.values().any(|child| child.reads_lines)
            })
    }

    /// The machine that lines go to.
    pub(crate) fn place(&self) -> Machine {
        self.top().map_or(self.machine, |(_, session)| session.machine)
    }

    /// Gives the line to the editor of the machine that has the terminal now.
    pub(crate) fn switch_editor(&mut self, from: Machine) {
        let to = self.place();
        if from != to {
            let new = self.editors.remove(&to).unwrap_or_default();
            let old = std::mem::replace(&mut self.editor, new);
            self.editors.insert(from, old);
        }
    }

    pub(crate) fn touch(&mut self) {
        self.view.revision += 1;
    }

    /// Opens a block for a command line.
    pub(crate) fn open_block(&mut self, prompt: Vec<String>, command: String, now: Timestamp) {
        self.next_block += 1;
        let block = Block {
            id: self.next_block,
            revision: 1,
            prompt,
            command,
            started: now,
            ..Block::default()
        };
        self.view.blocks.push(Rc::new(block));
        if self.view.blocks.len() > MOST_BLOCKS {
            self.view.blocks.remove(0);
            self.view.dropped += 1;
        }
        self.display = Display::default();
        self.touch();
    }

    /// Puts what the display shows into the last block.
    pub(crate) fn sync_block(&mut self) {
        let Some(block) = self.view.blocks.last_mut() else { return };
        let block = Rc::make_mut(block);
        block.lines = self.display.lines().to_vec();
        block.dropped = self.display.dropped();
        block.revision += 1;
        self.touch();
    }

    /// The last block's command has ended.
    pub(crate) fn close_block(&mut self, status: Option<i32>, now: Timestamp) {
        if let Some(block) = self.view.blocks.last_mut() {
            let block = Rc::make_mut(block);
            block.status = status;
            block.ended = Some(now);
            block.revision += 1;
        }
        self.touch();
    }

    /// Shows bytes: in the running command's block, else in a block of their own.
    pub(crate) fn show(&mut self, bytes: &[u8], stderr: bool, now: Timestamp) {
        if bytes.is_empty() {
            return;
        }
        let finished = self.view.blocks.last().is_none_or(|block| block.ended.is_some());
        if finished && !self.busy() {
            let own = self
                .view
                .blocks
                .last()
                .is_some_and(|b| b.prompt.is_empty() && b.command.is_empty());
            if !own {
                self.open_block(Vec::new(), String::new(), now);
                self.close_block(None, now);
            }
        }
        self.display.feed(bytes, stderr);
        self.sync_block();
    }
}

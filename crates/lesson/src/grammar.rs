//! Reads the line grammar of `check` and `feedback` blocks into [`crate::check`] values.
//!
//! One assertion a line, so every error has a line and a column. Knows no Markdown.

use crate::check::{Check, Claim, Cmp, Kind, Line, Loss, Mode, Object, Rule, Select, Value, Where};
use crate::diagnostic::{Findings, Place, did_you_mean};
use crate::token::{Slip, Token, tokens};

/// A block's lines as (line number, column where the block's text starts, text).
pub(crate) struct Lines<'a> {
    pub(crate) first_line: u32,
    pub(crate) column: u32,
    pub(crate) text: &'a str,
}

impl<'a> Lines<'a> {
    fn iter(&self) -> impl Iterator<Item = (u32, &'a str)> + '_ {
        self.text.lines().zip(self.first_line..).map(|(text, line)| (line, text))
    }

    fn place(&self, line: u32, column: u32) -> Place {
        Place { line, column: self.column + column + 1 }
    }
}

/// Reads a `check` block.
pub(crate) fn check_block(lines: &Lines<'_>, found: &mut Findings) -> Check {
    let mut check = Check::default();
    for (number, raw) in lines.iter() {
        let trimmed = raw.trim_start();
        let indent = count(raw) - count(trimmed);
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        if let Some(message) = trimmed.strip_prefix("->") {
            match check.lines.last_mut() {
                Some(line) if indent > 0 => push_text(&mut line.message, message.trim()),
                Some(_) | None => found.error(
                    lines.place(number, indent),
                    "E106",
                    "mensagem sem uma linha acima",
                    "recue a linha que começa com «->» sob a afirmação a que pertence",
                ),
            }
            continue;
        }
        if let Some(id) = trimmed.strip_prefix("step ") {
            set_id(&mut check, id.trim(), lines.place(number, indent), found);
            continue;
        }
        if let Some(done) = trimmed.strip_prefix("done ") {
            push_text(&mut check.done, done.trim());
            continue;
        }
        match line(trimmed) {
            Ok(mut parsed) => {
                parsed.place = lines.place(number, indent);
                check.lines.push(parsed);
            }
            Err((column, code, message, help)) => {
                found.error(lines.place(number, indent + column), code, message, help);
            }
        }
    }
    if check.id.is_empty() {
        found.error(
            lines.place(lines.first_line, 0),
            "E101",
            "o bloco check não tem «step ID»",
            "comece com uma linha como «step crie-o-servico»",
        );
    }
    check
}

fn set_id(check: &mut Check, id: &str, place: Place, found: &mut Findings) {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || !id.chars().all(good) {
        let help = "use letras minúsculas sem acento, números e «-»";
        found.error(place, "E107", format!("«{id}» não serve como nome de passo"), help);
    }
    check.id = id.to_owned();
}

fn push_text(to: &mut String, text: &str) {
    if !to.is_empty() {
        to.push(' ');
    }
    to.push_str(text);
}

/// Reads a `feedback` block: `when` lines and the indented Markdown below each.
pub(crate) fn feedback_block(lines: &Lines<'_>, found: &mut Findings) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for (number, raw) in lines.iter() {
        let trimmed = raw.trim_start();
        let indent = count(raw) - count(trimmed);
        if let Some(condition) = trimmed.strip_prefix("when ").filter(|_| indent == 0) {
            let place = lines.place(number, 0);
            match conditions(condition) {
                Ok(when) => rules.push(Rule { place, when, text: String::new() }),
                Err((column, code, message, help)) => {
                    found.error(lines.place(number, column + 5), code, message, help);
                    // a rule that can never hold keeps the text below from being misread
                    rules.push(Rule {
                        place,
                        when: vec![Claim::After(i64::MAX)],
                        text: "?".into(),
                    });
                }
            }
            continue;
        }
        match rules.last_mut() {
            Some(rule) if indent > 0 || trimmed.is_empty() => {
                if !rule.text.is_empty() {
                    rule.text.push('\n');
                }
                rule.text.push_str(trimmed);
            }
            Some(_) | None if !trimmed.is_empty() => found.error(
                lines.place(number, indent),
                "E108",
                "num bloco feedback cada regra começa com «when»",
                "o texto da regra vem recuado, na linha de baixo",
            ),
            Some(_) | None => {}
        }
    }
    for rule in &mut rules {
        rule.text = rule.text.trim().to_owned();
        if rule.text.is_empty() {
            found.error(rule.place, "E109", "regra sem texto", "escreva o texto recuado, abaixo");
        }
    }
    rules
}

fn conditions(text: &str) -> Result<Vec<Claim>, Slip> {
    let tokens = tokens(strip_comment(text))?;
    let mut reader = Reader::new(&tokens, count(text));
    let mut claims = vec![reader.claim(true)?];
    while reader.take_word("and") {
        claims.push(reader.claim(true)?);
    }
    reader.end()?;
    Ok(claims)
}

/// `[then] [mode] claim {or claim} [as STRING] [-> message]`
fn line(text: &str) -> Result<Line, Slip> {
    let (source, message) = split_message(text);
    let source = strip_comment(source).trim_end();
    let tokens = tokens(source)?;
    let mut reader = Reader::new(&tokens, count(source));
    let then = reader.take_word("then");
    let mode = reader.mode()?;
    let mut claims = vec![reader.claim(false)?];
    while reader.take_word("or") {
        claims.push(reader.claim(false)?);
    }
    let label =
        if reader.take_word("as") { Some(reader.text("um texto entre aspas")?) } else { None };
    reader.end()?;
    Ok(Line {
        place: Place::default(),
        source: source.to_owned(),
        then,
        mode,
        claims,
        label,
        message: message.trim().to_owned(),
    })
}

/// Splits at the first `->` outside quotes.
fn split_message(text: &str) -> (&str, &str) {
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '-' if !quoted => {
                if let Some(message) = text.get(at..).and_then(|t| t.strip_prefix("->")) {
                    return (text.get(..at).unwrap_or(text), message);
                }
            }
            _ => {}
        }
    }
    (text, "")
}

/// Cuts a comment: a `#` outside quotes at the start or after a blank.
fn strip_comment(text: &str) -> &str {
    let mut quoted = false;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '"' if before != '\\' => quoted = !quoted,
            '#' if !quoted && before.is_whitespace() => return text.get(..at).unwrap_or(text),
            _ => {}
        }
        before = c;
    }
    text
}

fn count(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

struct Reader<'a> {
    tokens: &'a [(u32, Token)],
    at: usize,
    end: u32,
}

impl<'a> Reader<'a> {
    fn new(tokens: &'a [(u32, Token)], end: u32) -> Self {
        Self { tokens, at: 0, end }
    }

    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at).map(|(_, t)| t)
    }

    fn column(&self) -> u32 {
        self.tokens.get(self.at).map_or(self.end, |(c, _)| *c)
    }

    fn next(&mut self) -> Option<&'a Token> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn peek_word(&self) -> Option<&'a str> {
        match self.peek() {
            Some(Token::Word(w)) => Some(w),
            Some(_) | None => None,
        }
    }

    fn take_word(&mut self, word: &str) -> bool {
        let hit = self.peek_word() == Some(word);
        self.at += usize::from(hit);
        hit
    }

    fn slip<T>(&self, message: impl Into<String>, help: impl Into<String>) -> Result<T, Slip> {
        Err((self.column(), "E103", message.into(), help.into()))
    }

    fn end(&self) -> Result<(), Slip> {
        if self.peek().is_none() {
            return Ok(());
        }
        self.slip("sobrou texto depois da afirmação", "uma afirmação por linha")
    }

    fn mode(&mut self) -> Result<Mode, Slip> {
        let mut mode = Mode::default();
        loop {
            if self.take_word("keep") {
                mode.keep = true;
            } else if self.take_word("never") {
                mode.never = true;
            } else if self.take_word("within") {
                mode.within_ms = Some(self.duration()?);
            } else if self.take_word("stable") {
                mode.stable_ms = Some(self.duration()?);
            } else {
                return Ok(mode);
            }
        }
    }

    fn duration(&mut self) -> Result<u64, Slip> {
        let parsed = self.peek_word().and_then(parse_duration_ms);
        match parsed {
            Some(ms) => {
                self.at += 1;
                Ok(ms)
            }
            None => self.slip("esperava uma duração", "por exemplo 500ms, 20s, 2m ou 1h"),
        }
    }

    fn text(&mut self, what: &str) -> Result<String, Slip> {
        match self.peek() {
            Some(Token::Text(t)) => {
                self.at += 1;
                Ok(t.clone())
            }
            Some(_) | None => self.slip(format!("esperava {what}"), ""),
        }
    }

    fn cmp(&mut self) -> Result<Cmp, Slip> {
        match self.peek() {
            Some(Token::Cmp(cmp)) => {
                self.at += 1;
                Ok(*cmp)
            }
            Some(Token::Equals) => self.slip("«=» só vale depois de let", "compare com «==»"),
            Some(_) | None => self.slip("esperava uma comparação", "== != < <= > >= ou ~"),
        }
    }

    fn value(&mut self) -> Result<Value, Slip> {
        let value = match self.peek() {
            Some(Token::Word(w)) => Value::Word(w.clone()),
            Some(Token::Text(t)) => Value::Text(t.clone()),
            Some(Token::Ref(r)) => Value::Ref(r.clone()),
            Some(_) | None => return self.slip("esperava um valor", ""),
        };
        self.at += 1;
        Ok(value)
    }

    fn int(&mut self) -> Result<i64, Slip> {
        match self.peek_word().and_then(|w| w.parse().ok()) {
            Some(n) => {
                self.at += 1;
                Ok(n)
            }
            None => self.slip("esperava um número inteiro", ""),
        }
    }

    fn claim(&mut self, feedback: bool) -> Result<Claim, Slip> {
        let Some(word) = self.peek_word() else {
            return self.slip("esperava uma afirmação", "");
        };
        match word {
            "let" => self.let_claim(),
            "ran" => self.ran(),
            "output" => {
                self.at += 1;
                let glob = self.value()?;
                Ok(Claim::Output { glob, cmp: self.cmp()?, value: self.value()? })
            }
            "http" => self.http(),
            "answer" => {
                self.at += 1;
                let Some(id) = self.peek_word().map(str::to_owned) else {
                    return self.slip("esperava o id da pergunta", "");
                };
                self.at += 1;
                Ok(Claim::Answer { id, cmp: self.cmp()?, value: self.value()? })
            }
            "commands" => {
                self.at += 1;
                match self.cmp()? {
                    Cmp::Le => Ok(Claim::Commands(self.int()?)),
                    Cmp::Eq | Cmp::Ne | Cmp::Lt | Cmp::Gt | Cmp::Ge | Cmp::Glob => {
                        self.slip("commands só aceita «<=»", "")
                    }
                }
            }
            "error" if feedback => {
                self.at += 1;
                Ok(Claim::Error(self.cmp()?, self.value()?))
            }
            "after" if feedback => {
                self.at += 1;
                let attempts = self.int()?;
                if self.take_word("attempts") {
                    Ok(Claim::After(attempts))
                } else {
                    self.slip("esperava «attempts»", "")
                }
            }
            "lost" if feedback => self.lost(),
            _ => self.object_claim(),
        }
    }

    fn lost(&mut self) -> Result<Claim, Slip> {
        self.at += 1;
        let loss = match self.peek() {
            Some(Token::Word(w)) if w == "quorum" => Loss::Quorum,
            Some(Token::Word(w)) if w == "leader" => Loss::Leader,
            Some(Token::Ref(r)) => Loss::Object(r.var.clone()),
            Some(_) | None => return self.slip("esperava quorum, leader ou {variavel}", ""),
        };
        self.at += 1;
        Ok(Claim::Lost(loss))
    }

    fn let_claim(&mut self) -> Result<Claim, Slip> {
        self.at += 1;
        let Some(var) = self.peek_word().map(str::to_owned) else {
            return self.slip("esperava o nome da variável", "");
        };
        self.at += 1;
        if self.peek() != Some(&Token::Equals) {
            return self.slip("esperava «=»", "let nome = service[…]");
        }
        self.at += 1;
        let object = self.object()?;
        let at_start = self.take_word("at");
        if at_start && !self.take_word("start") {
            return self.slip("esperava «start»", "");
        }
        Ok(Claim::Let { var, object, at_start })
    }

    fn ran(&mut self) -> Result<Claim, Slip> {
        self.at += 1;
        let glob = Value::Text(self.text("o comando entre aspas")?);
        let on = if self.take_word("on") { Some(self.place()?) } else { None };
        Ok(Claim::Ran { glob, on, failing: self.take_word("failing") })
    }

    fn place(&mut self) -> Result<Where, Slip> {
        let place = match self.peek() {
            Some(Token::Word(w)) => machine(w),
            Some(Token::Ref(r)) => Where::Ref(r.clone()),
            Some(_) | None => return self.slip("esperava uma máquina", "node1, manager, any…"),
        };
        self.at += 1;
        Ok(place)
    }

    fn http(&mut self) -> Result<Claim, Slip> {
        self.at += 1;
        let Some(method) = self.peek_word().map(str::to_owned) else {
            return self.slip("esperava o método", "http GET node1:5000 == 200");
        };
        self.at += 1;
        let help = "por exemplo every:5000 ou node1:5000";
        let (at, port) = match (self.peek(), self.tokens.get(self.at + 1).map(|(_, t)| t)) {
            (Some(Token::Word(w)), _) => match w.rsplit_once(':') {
                Some((host, port)) => {
                    self.at += 1;
                    (machine(host), port)
                }
                None => return self.slip("falta a porta", help),
            },
            (Some(Token::Ref(r)), Some(Token::Word(w))) if w.starts_with(':') => {
                self.at += 2;
                (Where::Ref(r.clone()), w.trim_start_matches(':'))
            }
            _ => return self.slip("esperava MÁQUINA:PORTA", help),
        };
        let Ok(port) = port.parse() else {
            return self.slip(format!("«{port}» não é uma porta"), help);
        };
        let cmp = self.cmp()?;
        let status = if self.take_word("refused") { None } else { Some(self.int()?) };
        Ok(Claim::Http { method, at, port, cmp, status })
    }

    fn object(&mut self) -> Result<Object, Slip> {
        let word = self.peek_word().unwrap_or("");
        let Some((_, kind)) = Kind::ALL.iter().find(|(w, _)| *w == word) else {
            let help = did_you_mean(word, Kind::ALL.iter().map(|(w, _)| *w));
            return Err((self.column(), "E102", format!("objeto desconhecido «{word}»"), help));
        };
        if matches!(kind, Kind::File | Kind::Volume) {
            return self.slip(format!("«{word}» ainda não é verificado aqui"), "");
        }
        self.at += 1;
        let select = match self.peek() {
            _ if *kind == Kind::Swarm => Select::All,
            Some(Token::Open) => Select::Where(self.selector(*kind)?),
            Some(Token::Word(w)) if w == "exists" || w == "count" => Select::All,
            Some(Token::Word(_) | Token::Text(_) | Token::Ref(_)) => Select::Name(self.value()?),
            Some(_) | None => return self.slip("esperava um nome ou [campo == valor]", ""),
        };
        Ok(Object { kind: *kind, select })
    }

    fn selector(&mut self, kind: Kind) -> Result<Vec<(String, Cmp, Value)>, Slip> {
        let mut conditions = Vec::new();
        loop {
            self.at += 1;
            let field = self.field(kind)?;
            conditions.push((field, self.cmp()?, self.value()?));
            match self.next() {
                Some(Token::Comma) => self.at -= 1,
                Some(Token::Close) => return Ok(conditions),
                Some(_) | None => {
                    self.at -= 1;
                    return self.slip("falta «]»", "");
                }
            }
        }
    }

    fn field(&mut self, kind: Kind) -> Result<String, Slip> {
        let Some(field) = self.peek_word() else {
            return self.slip("esperava um campo", kind.fields().join(", "));
        };
        let label = kind == Kind::Node && field.starts_with("label.");
        if field.starts_with('.') {
            let help = format!("use uma coluna: {}", kind.fields().join(", "));
            return self.slip("caminhos de inspect ainda não são verificados aqui", help);
        }
        if !label && !kind.fields().contains(&field) {
            let help = match did_you_mean(field, kind.fields().iter().copied()) {
                none if none.is_empty() => format!("há {}", kind.fields().join(", ")),
                meant => meant,
            };
            let message = format!("«{}» não tem a coluna «{field}»", kind.word());
            return Err((self.column(), "E104", message, help));
        }
        self.at += 1;
        Ok(field.to_owned())
    }

    fn object_claim(&mut self) -> Result<Claim, Slip> {
        let every = self.take_word("every");
        let object = self.object()?;
        if !every && self.take_word("exists") {
            return Ok(Claim::Exists(object));
        }
        if !every && self.take_word("count") {
            let cmp = self.cmp()?;
            return Ok(Claim::Count(object, cmp, self.int()?));
        }
        let field = self.field(object.kind)?;
        Ok(Claim::Field { every, object, field, cmp: self.cmp()?, value: self.value()? })
    }
}

fn machine(word: &str) -> Where {
    match word {
        "leader" => Where::Leader,
        "manager" => Where::Manager,
        "worker" => Where::Worker,
        "any" => Where::Any,
        "every" => Where::Every,
        name => Where::Machine(name.to_owned()),
    }
}

/// `500ms`, `20s`, `2m`, `1h` in milliseconds.
pub(crate) fn parse_duration_ms(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    let factor = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Check, Vec<String>) {
        let mut found = Findings::new("t.md");
        let lines = Lines { first_line: 10, column: 0, text };
        let check = check_block(&lines, &mut found);
        (check, found.finish().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn every_form_of_claim_parses() {
        let text = r#"step tudo
let svc = service[ports ~ "*:5000->5000/tcp"]    -> Nenhum serviço publica a porta 5000.
service {svc} image == sposigor/app-flask-teste:1
within 30s service {svc} replicas == 1/1         -> Ainda não.
ran "docker service create *" on worker failing  -> Rode em node2.
service[ports ~ "*:5000->*"] count == 0
http GET every:5000 == 200 as "todo nó responde"
http GET {tarefa.node}:5000 == refused
answer no-da-tarefa == {tarefa.node}
keep service {svc} replicas == 1/1
then within 60s stable 5s service {svc} replicas == 3/3
never container web exists
every task[service == {svc}, desired == running] current == running
swarm quorum == ok or machine node1 power == off
commands <= 3
output "docker ps*" ~ "*flask*"
node[label.zona == sul] count >= 1 # comentário
service web mode == replicated
done Pronto: tudo vale.
"#;
        let (check, errors) = parse(text);
        assert_eq!(errors, Vec::<String>::new());
        assert_eq!(check.id, "tudo");
        assert_eq!(check.lines.len(), 17);
        assert_eq!(check.done, "Pronto: tudo vale.");
        assert_eq!(check.lines[0].message, "Nenhum serviço publica a porta 5000.");
    }

    #[test]
    fn errors_have_line_and_column() {
        let (_, errors) = parse(
            "step x\nservce web exists\nservice web replica == 1/1\nkeep task[node = a] exists\n",
        );
        assert_eq!(
            errors,
            [
                "t.md:11:1: E102 objeto desconhecido «servce»  ajuda: você quis dizer «service»?",
                "t.md:12:13: E104 «service» não tem a coluna «replica»  \
                 ajuda: você quis dizer «replicas»?",
                "t.md:13:16: E103 «=» só vale depois de let  ajuda: compare com «==»",
            ]
        );
    }

    #[test]
    fn feedback_rules_keep_their_text() {
        let mut found = Findings::new("t.md");
        let text = "when ran \"docker run *\" on any   # local\n  Só **neste nó**.\n\
                    when error ~ \"*in use*\" and after 2 attempts\n  Já é de {svc.name}.\n";
        let lines = Lines { first_line: 1, column: 0, text };
        let rules = feedback_block(&lines, &mut found);
        assert!(found.finish().is_empty());
        assert_eq!(rules.len(), 2);
        assert_eq!(rules[0].text, "Só **neste nó**.");
        assert_eq!(rules[1].when.len(), 2);
    }
}

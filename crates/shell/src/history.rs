//! `!!`, `!n`, `!-n`, `!word` and `!$`: history expansion as bash does it before anything else.

/// The line with its events filled in: `Ok(None)` when there are none, the error is the event
/// that was not found.
pub(crate) fn expand(line: &str, history: &[String]) -> Result<Option<String>, String> {
    let mut out = String::new();
    let mut rest = line;
    let (mut single, mut changed) = (false, false);
    while let Some(c) = rest.chars().next() {
        let tail = rest.get(c.len_utf8()..).unwrap_or("");
        if c == '\\' {
            let next = tail.chars().next().map_or(0, char::len_utf8);
            out.push_str(rest.get(..1 + next).unwrap_or(rest));
            rest = rest.get(1 + next..).unwrap_or("");
            continue;
        }
        if c == '\'' {
            single = !single;
        }
        if c != '!' || single || tail.starts_with([' ', '\t', '=', '(', '"']) || tail.is_empty() {
            out.push(c);
            rest = tail;
            continue;
        }
        let (event, used) = event(tail, history)?;
        out.push_str(&event);
        changed = true;
        rest = tail.get(used..).unwrap_or("");
    }
    Ok(changed.then_some(out))
}

/// What `!…` stands for, and how long its name is.
fn event(tail: &str, history: &[String]) -> Result<(String, usize), String> {
    let last = history.last();
    if tail.starts_with('!') {
        return last.map(|l| (l.clone(), 1)).ok_or_else(|| "!!".to_owned());
    }
    if tail.starts_with('$') {
        let word = last.and_then(|l| l.split_whitespace().last()).map(str::to_owned);
        return word.map(|w| (w, 1)).ok_or_else(|| "!$".to_owned());
    }
    let end = tail
        .find(|c: char| c.is_whitespace() || matches!(c, ';' | '|' | '&' | '>' | '<' | ')' | '"'))
        .unwrap_or(tail.len());
    let name = tail.get(..end).unwrap_or("");
    let digits = name.len()
        - name.trim_start_matches('-').trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if let Ok(n) = name.get(..digits).unwrap_or("").parse::<i64>() {
        let count = i64::try_from(history.len()).unwrap_or(0);
        let at = if n < 0 { count + n } else { n - 1 };
        let found = usize::try_from(at).ok().and_then(|at| history.get(at));
        return found
            .map(|line| (line.clone(), digits))
            .ok_or_else(|| format!("!{}", name.get(..digits).unwrap_or("")));
    }
    let found = history.iter().rev().find(|line| line.starts_with(name));
    found.map(|line| (line.clone(), name.len())).ok_or_else(|| format!("!{name}"))
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn events_are_filled_in() {
        let history: Vec<String> =
            ["docker ps", "echo a b", "docker node ls"].iter().map(|s| (*s).to_owned()).collect();
        let ok = |line: &str| expand(line, &history).unwrap();
        assert_eq!(ok("sudo !!"), Some("sudo docker node ls".into()));
        assert_eq!(ok("!1 -a"), Some("docker ps -a".into()));
        assert_eq!(ok("!-2; ls"), Some("echo a b; ls".into()));
        assert_eq!(ok("!echo"), Some("echo a b".into()));
        assert_eq!(ok("cat !$"), Some("cat ls".into()));
        assert_eq!(ok("echo '!!' \\! a!= ! x!"), None);
        assert_eq!(expand("!nope", &history), Err("!nope".into()));
        assert_eq!(expand("!99", &history), Err("!99".into()));
    }
}

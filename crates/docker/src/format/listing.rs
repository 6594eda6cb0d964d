//! Lists as docker prints them: one row context per object, a default table, `--format`.

use super::table;
use super::template::{self, Data, Template};
use serde_json::Value;
use std::collections::BTreeMap;

/// Field → value of one row; what `{{json .}}` shows, in this order.
pub(crate) type Row = BTreeMap<&'static str, Value>;

/// A kind of list.
pub(crate) struct Listing {
    /// Go's type of a row, for error texts: `*node.nodeContext`.
    pub(crate) type_name: &'static str,
    /// The default table's template, without the `table ` in front.
    pub(crate) table: &'static str,
    /// What `-q` prints.
    pub(crate) quiet: &'static str,
    /// Field → heading.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) rows: Vec<Row>,
}

impl Listing {
    /// The whole output; the error is docker's text.
    pub(crate) fn render(&self, format: &str, quiet: bool) -> Result<String, String> {
        let (is_table, source) = match format {
            "" | "table" if quiet => (false, self.quiet.to_owned()),
            "" | "table" => (true, self.table.to_owned()),
            format => match format.strip_prefix("table") {
                Some(_) if quiet => (false, self.quiet.to_owned()),
                Some(rest) => (true, unescape(rest)),
                None => (false, unescape(format)),
            },
        };
        let template =
            Template::parse(&source).map_err(|why| format!("template parsing error: {why}\n"))?;
        let mut text = String::new();
        if is_table {
            let headers: serde_json::Map<String, Value> = self
                .headers
                .iter()
                .map(|(field, heading)| ((*field).to_owned(), Value::from(*heading)))
                .collect();
            let data = Data { root: &Value::Object(headers), kind: template::Kind::Headers };
            text += &template.execute(&data).unwrap_or_default();
            text.push('\n');
        }
        for row in &self.rows {
            let object = row.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
            let data =
                Data { root: &Value::Object(object), kind: template::Kind::Row(self.type_name) };
            text += &template
                .execute(&data)
                .map_err(|why| format!("template parsing error: {why}\n"))?;
            text.push('\n');
        }
        Ok(if is_table { table::align(&text) } else { text })
    }
}

/// Docker turns `\t` and `\n` in a format into the characters.
pub(crate) fn unescape(format: &str) -> String {
    format.trim_matches(' ').replace("\\t", "\t").replace("\\n", "\n")
}

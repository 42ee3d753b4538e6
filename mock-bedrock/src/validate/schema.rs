//! The schema layer: values at places of the body, against constraints of the service model.
//!
//! Bedrock's service framework speaks here: every violation in one message, 1-based `.member` paths, and the
//! value shown except for lists and for what stands in a content block. It knows no conversation.
//!
//! Only the places that matter for agents are listed by hand. A table read from the service model can take
//! over [`Sites`] without a change to [`violations`] or [`message`].

use faultline_wire::message::{list, tools};
use serde_json::Value;

/// Finds the values at one place of a request body.
pub type Sites = for<'a> fn(&'a Value) -> Vec<Site<'a>>;

/// Where a value stands, as far as the order of reports needs it: which top-level member, then its indexes.
type Place = [usize; 3];

/// One value that constraints look at.
pub struct Site<'a> {
    /// The path, each `{}` an index.
    path: &'static str,
    place: Place,
    seen: Seen<'a>,
}

/// What a place holds, and whether a report may show it.
enum Seen<'a> {
    /// A string that a report quotes.
    Shown(&'a str),
    /// A string inside a content block: recorded reports leave those out.
    Hidden(&'a str),
    /// A list of that many items.
    List(usize),
    /// Nothing, or `null`.
    Null,
}

/// One constraint of the service model.
pub enum Constraint {
    /// At most so many characters or items.
    AtMost(usize),
    /// At least so many characters or items.
    AtLeast(usize),
    /// A pattern of the form `[…]+`: its text, and the characters it allows beside ASCII letters and digits.
    Letters(&'static str, &'static str),
    /// An enum: the text of its values, and the values.
    OneOf(&'static str, &'static [&'static str]),
    /// The member must be there.
    Required,
}

/// A value that breaks a constraint.
#[derive(Debug)]
pub struct Violation {
    /// Where it stands, for the order of reports.
    pub place: Place,
    text: String,
}

impl Constraint {
    fn holds(&self, seen: &Seen<'_>) -> bool {
        match (self, seen) {
            (Self::Required, seen) => !matches!(seen, Seen::Null),
            (_, Seen::Null) => true,
            (Self::AtMost(most), seen) => seen.length() <= *most,
            (Self::AtLeast(least), seen) => seen.length() >= *least,
            (Self::Letters(_, extra), seen) => seen.text().is_none_or(|text| all_of(text, extra)),
            (Self::OneOf(_, values), seen) => seen.text().is_none_or(|text| values.contains(&text)),
        }
    }

    fn demand(&self) -> String {
        match self {
            Self::AtMost(most) => format!("Member must have length less than or equal to {most}"),
            Self::AtLeast(least) => format!("Member must have length greater than or equal to {least}"),
            Self::Letters(pattern, _) => format!("Member must satisfy regular expression pattern: {pattern}"),
            Self::OneOf(values, _) => format!("Member must satisfy enum value set: {values}"),
            Self::Required => "Member must not be null".to_owned(),
        }
    }
}

/// Whether `text` is one or more ASCII letters, digits or characters of `extra`.
fn all_of(text: &str, extra: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || extra.contains(letter))
}

impl Seen<'_> {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Shown(text) | Self::Hidden(text) => Some(text),
            Self::List(_) | Self::Null => None,
        }
    }

    /// Characters are code points, as the Smithy specification counts them.
    fn length(&self) -> usize {
        match self {
            Self::Shown(text) | Self::Hidden(text) => text.chars().count(),
            Self::List(items) => *items,
            Self::Null => 0,
        }
    }

    fn subject(&self) -> String {
        match self {
            Self::Shown(text) => format!("Value '{text}' at"),
            Self::Hidden(_) | Self::List(_) => "Value at".to_owned(),
            Self::Null => "Value null at".to_owned(),
        }
    }
}

impl<'a> Site<'a> {
    fn new(path: &'static str, place: Place, seen: Seen<'a>) -> Self {
        Self { path, place, seen }
    }

    /// Reads the member `name` of `members`: a string, or nothing. `None` is a value of another type, which
    /// no constraint of this layer speaks of.
    fn member(
        path: &'static str,
        place: Place,
        value: Option<&'a Value>,
        seen: fn(&'a str) -> Seen<'a>,
    ) -> Option<Self> {
        match value {
            None | Some(Value::Null) => Some(Self::new(path, place, Seen::Null)),
            Some(Value::String(text)) => Some(Self::new(path, place, seen(text))),
            Some(_) => None,
        }
    }

    fn violates(&self, constraint: &Constraint) -> Violation {
        let (subject, path) = (self.seen.subject(), self.rendered_path());
        let text = format!("{subject} '{path}' failed to satisfy constraint: {}", constraint.demand());
        Violation { place: self.place, text }
    }

    fn rendered_path(&self) -> String {
        let indexes = &self.place[1..];
        indexes
            .iter()
            .fold(self.path.to_owned(), |path, index| path.replacen("{}", &(index + 1).to_string(), 1))
    }
}

/// What of `body` breaks `constraints` at `sites`.
pub fn violations(body: &Value, sites: Sites, constraints: &[Constraint]) -> Vec<Violation> {
    sites(body)
        .iter()
        .flat_map(|site| {
            let broken = constraints.iter().filter(|constraint| !constraint.holds(&site.seen));
            broken.map(|constraint| site.violates(constraint))
        })
        .collect()
}

/// The one message that reports `violations`, in their order. `None` when there are none.
pub fn message<'v>(violations: impl Iterator<Item = &'v Violation>) -> Option<String> {
    let texts: Vec<&str> = violations.map(|violation| violation.text.as_str()).collect();
    let noun = if texts.len() == 1 { "error" } else { "errors" };
    (!texts.is_empty()).then(|| format!("{} validation {noun} detected: {}", texts.len(), texts.join("; ")))
}

/// The list of tools, when there is one.
pub fn tool_lists(body: &Value) -> Vec<Site<'_>> {
    let tools = body.get("toolConfig").and_then(|config| config.get("tools")?.as_array());
    tools.map(|tools| Site::new("toolConfig.tools", [0, 0, 0], Seen::List(tools.len()))).into_iter().collect()
}

/// The name of each tool.
pub fn tool_names(body: &Value) -> Vec<Site<'_>> {
    tool_specs(body, "name", "toolConfig.tools.{}.member.toolSpec.name")
}

/// The description of each tool that has one.
pub fn tool_descriptions(body: &Value) -> Vec<Site<'_>> {
    tool_specs(body, "description", "toolConfig.tools.{}.member.toolSpec.description")
}

fn tool_specs<'a>(body: &'a Value, name: &str, path: &'static str) -> Vec<Site<'a>> {
    let tools = tools(body).iter().enumerate();
    tools
        .filter_map(|(index, tool)| {
            let spec = tool.get("toolSpec")?;
            Site::member(path, [0, index, 0], spec.get(name), Seen::Shown)
        })
        .collect()
}

/// The role of each message.
pub fn roles(body: &Value) -> Vec<Site<'_>> {
    let messages = list(body.get("messages")).iter().enumerate();
    messages
        .filter_map(|(index, message)| {
            Site::member("messages.{}.member.role", [1, index, 0], message.get("role"), Seen::Shown)
        })
        .collect()
}

/// The content list of each message.
pub fn contents(body: &Value) -> Vec<Site<'_>> {
    let messages = list(body.get("messages")).iter().enumerate();
    messages
        .map(|(index, message)| {
            let items = message.get("content").filter(|content| !content.is_null());
            let seen = items.map_or(Seen::Null, |content| Seen::List(list(Some(content)).len()));
            Site::new("messages.{}.member.content", [1, index, 0], seen)
        })
        .collect()
}

/// The name of each toolUse block.
pub fn use_names(body: &Value) -> Vec<Site<'_>> {
    blocks(body, "toolUse", "name", "messages.{}.member.content.{}.member.toolUse.name")
}

/// The id of each toolUse block.
pub fn use_ids(body: &Value) -> Vec<Site<'_>> {
    blocks(body, "toolUse", "toolUseId", "messages.{}.member.content.{}.member.toolUse.toolUseId")
}

/// The id of each toolResult block.
pub fn result_ids(body: &Value) -> Vec<Site<'_>> {
    blocks(body, "toolResult", "toolUseId", "messages.{}.member.content.{}.member.toolResult.toolUseId")
}

fn blocks<'a>(body: &'a Value, kind: &str, name: &str, path: &'static str) -> Vec<Site<'a>> {
    let mut sites = Vec::new();
    for (index, message) in list(body.get("messages")).iter().enumerate() {
        for (inner, block) in list(message.get("content")).iter().enumerate() {
            let member = block.get(kind).map(|members| members.get(name));
            let place = [1, index, inner];
            sites.extend(member.and_then(|value| Site::member(path, place, value, Seen::Hidden)));
        }
    }
    sites
}

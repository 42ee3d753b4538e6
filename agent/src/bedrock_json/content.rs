//! Content blocks: all members of the `ContentBlock` union and what hangs below them.

use aws_sdk_bedrockruntime::types as sdk;
use serde_json::Value;

use super::document::document_to_json;
use super::obj::{Obj, blob, list, one, opt_list, unknown};

/// A message: `{"content": [...], "role": "..."}`.
#[must_use]
pub fn message(message: &sdk::Message) -> Value {
    Obj::new()
        .put("content", list(message.content(), content_block))
        .put("role", message.role().as_str())
        .done()
}

/// One content block, a union with one member. A member that the SDK cannot name comes out as `{"$unknown": true}`.
#[must_use]
pub fn content_block(block: &sdk::ContentBlock) -> Value {
    use sdk::ContentBlock as B;
    match block {
        B::Text(text) => one("text", text.as_str()),
        B::ToolUse(block) => one("toolUse", tool_use(block)),
        B::ToolResult(block) => one("toolResult", tool_result(block)),
        B::ReasoningContent(block) => one("reasoningContent", reasoning(block)),
        B::CitationsContent(block) => one("citationsContent", citations_content(block)),
        B::Image(block) => one("image", image(block)),
        B::Document(block) => one("document", document(block)),
        B::Video(block) => one("video", video(block)),
        B::Audio(block) => one("audio", audio(block)),
        B::SearchResult(block) => one("searchResult", search_result(block)),
        B::CachePoint(block) => one("cachePoint", cache_point(block)),
        B::GuardContent(block) => one("guardContent", guard_content(block)),
        B::ToolAddition(block) => one("toolAddition", tool_reference(block.tool())),
        B::ToolRemoval(block) => one("toolRemoval", tool_reference(block.tool())),
        _ => unknown(),
    }
}

fn tool_use(block: &sdk::ToolUseBlock) -> Value {
    Obj::new()
        .put("input", document_to_json(&block.input))
        .put("name", block.name.as_str())
        .put("toolUseId", block.tool_use_id.as_str())
        .opt("type", block.r#type.as_ref().map(sdk::ToolUseType::as_str))
        .done()
}

fn tool_result(block: &sdk::ToolResultBlock) -> Value {
    Obj::new()
        .put("content", list(&block.content, tool_result_content))
        .opt("status", block.status.as_ref().map(sdk::ToolResultStatus::as_str))
        .put("toolUseId", block.tool_use_id.as_str())
        .opt("type", block.r#type.as_deref())
        .done()
}

fn tool_result_content(content: &sdk::ToolResultContentBlock) -> Value {
    use sdk::ToolResultContentBlock as C;
    match content {
        C::Json(document) => one("json", document_to_json(document)),
        C::Text(text) => one("text", text.as_str()),
        C::Image(block) => one("image", image(block)),
        C::Document(block) => one("document", document(block)),
        C::Video(block) => one("video", video(block)),
        C::SearchResult(block) => one("searchResult", search_result(block)),
        _ => unknown(),
    }
}

fn reasoning(block: &sdk::ReasoningContentBlock) -> Value {
    use sdk::ReasoningContentBlock as R;
    match block {
        R::ReasoningText(text) => one(
            "reasoningText",
            Obj::new().opt("signature", text.signature.as_deref()).put("text", text.text.as_str()).done(),
        ),
        R::RedactedContent(bytes) => one("redactedContent", blob(bytes)),
        _ => unknown(),
    }
}

fn citations_content(block: &sdk::CitationsContentBlock) -> Value {
    Obj::new()
        .opt("citations", opt_list(&block.citations, citation))
        .opt("content", opt_list(&block.content, generated_content))
        .done()
}

fn generated_content(content: &sdk::CitationGeneratedContent) -> Value {
    content.as_text().map_or_else(|_| unknown(), |text| one("text", text.as_str()))
}

fn citation(citation: &sdk::Citation) -> Value {
    Obj::new()
        .opt("location", citation.location.as_ref().map(citation_location))
        .opt("source", citation.source.as_deref())
        .opt("sourceContent", opt_list(&citation.source_content, source_content))
        .opt("title", citation.title.as_deref())
        .done()
}

fn source_content(content: &sdk::CitationSourceContent) -> Value {
    content.as_text().map_or_else(|_| unknown(), |text| one("text", text.as_str()))
}

/// Where a citation points: a span of a document or of a search result, or a web page.
pub(super) fn citation_location(location: &sdk::CitationLocation) -> Value {
    use sdk::CitationLocation as L;
    let span =
        |key: &str, index, start, end| Obj::new().opt(key, index).opt("start", start).opt("end", end).done();
    match location {
        L::DocumentChar(at) => {
            one("documentChar", span("documentIndex", at.document_index, at.start, at.end))
        }
        L::DocumentChunk(at) => {
            one("documentChunk", span("documentIndex", at.document_index, at.start, at.end))
        }
        L::DocumentPage(at) => {
            one("documentPage", span("documentIndex", at.document_index, at.start, at.end))
        }
        L::SearchResultLocation(at) => {
            one("searchResultLocation", span("searchResultIndex", at.search_result_index, at.start, at.end))
        }
        L::Web(at) => {
            one("web", Obj::new().opt("domain", at.domain.as_deref()).opt("url", at.url.as_deref()).done())
        }
        _ => unknown(),
    }
}

fn image(block: &sdk::ImageBlock) -> Value {
    // With an error the service sends no source, and the SDK fills in one that it cannot name.
    let source = block.source.as_ref().filter(|source| block.error.is_none() || !source.is_unknown());
    Obj::new()
        .opt("error", block.error.as_ref().map(error_block))
        .put("format", block.format.as_str())
        .opt("source", source.map(image_source))
        .done()
}

pub(super) fn image_source(source: &sdk::ImageSource) -> Value {
    match source {
        sdk::ImageSource::Bytes(bytes) => one("bytes", blob(bytes)),
        sdk::ImageSource::S3Location(location) => one("s3Location", s3_location(location)),
        _ => unknown(),
    }
}

pub(super) fn error_block(error: &sdk::ErrorBlock) -> Value {
    Obj::new().opt("message", error.message.as_deref()).done()
}

fn s3_location(location: &sdk::S3Location) -> Value {
    Obj::new().opt("bucketOwner", location.bucket_owner.as_deref()).put("uri", location.uri.as_str()).done()
}

fn document(block: &sdk::DocumentBlock) -> Value {
    Obj::new()
        .opt("citations", block.citations.as_ref().map(citations_config))
        .opt("context", block.context.as_deref())
        .put("format", block.format.as_str())
        .put("name", block.name.as_str())
        .opt("source", block.source.as_ref().map(document_source))
        .done()
}

fn citations_config(config: &sdk::CitationsConfig) -> Value {
    one("enabled", config.enabled)
}

fn document_source(source: &sdk::DocumentSource) -> Value {
    use sdk::DocumentSource as S;
    match source {
        S::Bytes(bytes) => one("bytes", blob(bytes)),
        S::S3Location(location) => one("s3Location", s3_location(location)),
        S::Text(text) => one("text", text.as_str()),
        S::Content(parts) => one("content", list(parts, document_content)),
        _ => unknown(),
    }
}

fn document_content(part: &sdk::DocumentContentBlock) -> Value {
    part.as_text().map_or_else(|_| unknown(), |text| one("text", text.as_str()))
}

fn video(block: &sdk::VideoBlock) -> Value {
    let source = block.source.as_ref().map(|source| match source {
        sdk::VideoSource::Bytes(bytes) => one("bytes", blob(bytes)),
        sdk::VideoSource::S3Location(location) => one("s3Location", s3_location(location)),
        _ => unknown(),
    });
    Obj::new().put("format", block.format.as_str()).opt("source", source).done()
}

fn audio(block: &sdk::AudioBlock) -> Value {
    let source = block.source.as_ref().filter(|source| block.error.is_none() || !source.is_unknown());
    let source = source.map(|source| match source {
        sdk::AudioSource::Bytes(bytes) => one("bytes", blob(bytes)),
        sdk::AudioSource::S3Location(location) => one("s3Location", s3_location(location)),
        _ => unknown(),
    });
    Obj::new()
        .opt("error", block.error.as_ref().map(error_block))
        .put("format", block.format.as_str())
        .opt("source", source)
        .done()
}

fn search_result(block: &sdk::SearchResultBlock) -> Value {
    Obj::new()
        .opt("citations", block.citations.as_ref().map(citations_config))
        .put("content", list(&block.content, |part| one("text", part.text.as_str())))
        .put("source", block.source.as_str())
        .put("title", block.title.as_str())
        .done()
}

fn cache_point(block: &sdk::CachePointBlock) -> Value {
    Obj::new()
        .opt("ttl", block.ttl.as_ref().map(sdk::CacheTtl::as_str))
        .put("type", block.r#type.as_str())
        .done()
}

fn guard_content(block: &sdk::GuardrailConverseContentBlock) -> Value {
    match block {
        sdk::GuardrailConverseContentBlock::Text(text) => one(
            "text",
            Obj::new()
                .opt("qualifiers", opt_list(&text.qualifiers, |qualifier| qualifier.as_str().into()))
                .put("text", text.text.as_str())
                .done(),
        ),
        sdk::GuardrailConverseContentBlock::Image(image) => {
            let source = image.source.as_ref().map(|source| {
                source.as_bytes().map_or_else(|_| unknown(), |bytes| one("bytes", blob(bytes)))
            });
            one("image", Obj::new().put("format", image.format.as_str()).opt("source", source).done())
        }
        _ => unknown(),
    }
}

fn tool_reference(tool: Option<&sdk::ToolReference>) -> Value {
    let tool = tool.map(|tool| {
        Obj::new()
            .opt("name", tool.name.as_deref())
            .opt("serverName", tool.server_name.as_deref())
            .opt("type", tool.r#type.as_deref())
            .done()
    });
    Obj::new().opt("tool", tool).done()
}

using System.Text.Json;

namespace Vitrine.Transformers;

/// <summary>The settings that lie beside a vocabulary: <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c>.</summary>
internal sealed class TokenizerConfig
{
    private readonly string _path;
    private readonly JsonElement? _config;
    private readonly JsonElement? _specialTokens;

    public TokenizerConfig(string folder)
    {
        _path = Path.Combine(folder, "tokenizer_config.json");
        string map = Path.Combine(folder, "special_tokens_map.json");
        _config = File.Exists(_path) ? TokenizerFile.ReadJson(_path) : null;
        _specialTokens = File.Exists(map) ? TokenizerFile.ReadJson(map) : null;
    }

    /// <summary>A setting, or null where it is absent or JSON null.</summary>
    public bool? Flag(string name) => Property(_config, name) switch
    {
        null or { ValueKind: JsonValueKind.Null } => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw new TokenizerException(
            $"tokenizer: '{name}' is not a flag; got {other.GetRawText()} in {_path}; expected true, false or null."),
    };

    /// <summary>The spelling of a special token: a string, or an object with "content"; null where it is not named.</summary>
    public string? TokenName(string role) => Spelling(Property(_config, role)) ?? Spelling(Property(_specialTokens, role));

    private string? Spelling(JsonElement? token) => token switch
    {
        null or { ValueKind: JsonValueKind.Null } => null,
        { ValueKind: JsonValueKind.String } => token.Value.GetString(),
        { ValueKind: JsonValueKind.Object } when Property(token, "content") is { ValueKind: JsonValueKind.String } content => content.GetString(),
        { } other => throw new TokenizerException(
            $"tokenizer: not the name of a token; got {other.GetRawText()} beside {_path}; expected a string or an object with \"content\"."),
    };

    private static JsonElement? Property(JsonElement? parent, string name) =>
        parent is { } p && p.TryGetProperty(name, out JsonElement value) ? value : null;
}

using System.Globalization;
using System.Text.Json;

namespace Vitrine.Transformers;

/// <summary>The settings that lie next to a vocabulary: <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c>.</summary>
internal sealed class TokenizerConfig
{
    private const string Any = "PreTrainedTokenizer"; // whatever the tokenizer's own file says

    private readonly string _path;
    private readonly JsonElement? _config;
    private readonly string? _ofFamily;
    private readonly JsonElement? _specialTokens;
    private readonly JsonElement? _added;

    public TokenizerConfig(string folder)
    {
        _path = Path.Combine(folder, "tokenizer_config.json");
        _config = Optional(_path);
        _specialTokens = Optional(Path.Combine(folder, "special_tokens_map.json"));
        _added = Optional(Path.Combine(folder, "added_tokens.json"));
        _ofFamily = Property(Optional(Path.Combine(folder, "config.json")), "model_type") is { ValueKind: JsonValueKind.String } type
            ? TokenizerClasses.Of(type.GetString()!)
            : null;
    }

    /// <summary>Refuses a folder whose <c>tokenizer_class</c> says that its files are read another way.</summary>
    public void RequireClass(params string[] supported)
    {
        if (Class is { } name && !supported.Contains(name) && name != Any)
        {
            throw new TokenizerException(
                $"tokenizer: unsupported tokenizer_class; got '{name}' in {_path}; expected {string.Join(" or ", supported)}.");
        }
    }

    /// <summary>The <c>tokenizer_class</c> without the ending "Fast"; where none is named that of the family; null where that is unknown
    /// too.</summary>
    public string? Class => Property(_config, "tokenizer_class") switch
    {
        null or { ValueKind: JsonValueKind.Null } => _ofFamily,
        { ValueKind: JsonValueKind.String } name => name.GetString()!.Replace("Fast", "", StringComparison.Ordinal),
        { } other => throw new TokenizerException($"tokenizer: 'tokenizer_class' is not a name; "
            + $"got {other.ValueKind} in {_path}; expected a string."),
    };

    /// <summary>Whether the class is one of these.</summary>
    public bool IsClass(params string[] names) => Class is { } name && names.Contains(name);

    /// <summary>The class that says how a SentencePiece file is read: the one named or the family's; null where neither says.</summary>
    public string? PieceClass => Class == Any ? _ofFamily : Class;

    /// <summary>A whole number, or null where it is absent or JSON null.</summary>
    public int? Integer(string name) => Property(_config, name) switch
    {
        null or { ValueKind: JsonValueKind.Null } => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out int number) => number,
        { } other => throw new TokenizerException($"tokenizer: '{name}' is not a whole number; "
            + $"got {other.ValueKind} in {_path}; expected one or null."),
    };

    /// <summary>A text, or null where it is absent or not a text.</summary>
    public string? Text(string name) => Property(_config, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>A list of texts or of tokens; empty where it is absent.</summary>
    public IReadOnlyList<string> TokenNames(string name) => (Property(_config, name) ?? Property(_specialTokens, name)) switch
    {
        null or { ValueKind: JsonValueKind.Null } => [],
        { ValueKind: JsonValueKind.Array } list =>
            [.. list.EnumerateArray().Select(item => Spelling(item) ?? "").Where(text => text != "")],
        { } other => throw new TokenizerException($"tokenizer: '{name}' is not a list; "
            + $"got {other.ValueKind} next to {_path}; expected a list of tokens."),
    };

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

    /// <summary>Tokens beyond the vocabulary's own: <c>added_tokens_decoder</c> with their properties, else the plain
    /// map of <c>added_tokens.json</c>.</summary>
    public IReadOnlyList<AddedToken> AddedTokens()
    {
        if (Property(_config, "added_tokens_decoder") is { } decoder)
        {
            JsonField part = TokenizerFields.Of(decoder, "added_tokens_decoder", _path);
            return [.. part.Members().Select(m => m.Field.AddedToken(
                int.TryParse(m.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                ? id : throw m.Field.Bad("has a name that is no id", "0, 1, …")))];
        }

        JsonField plain = TokenizerFields.Of(_added ?? default, "", Path.Combine(Path.GetDirectoryName(_path)!, "added_tokens.json"));
        return [.. plain.Members().Select(m =>
            new AddedToken(m.Name, m.Field.Whole(0, int.MaxValue)) { Special = false, Normalized = true })];
    }

    private static JsonElement? Optional(string path) => File.Exists(path) ? TokenizerFile.ReadJson(path) : null;

    private string? Spelling(JsonElement? token) => token switch
    {
        null or { ValueKind: JsonValueKind.Null } => null,
        { ValueKind: JsonValueKind.String } => token.Value.GetString(),
        { ValueKind: JsonValueKind.Object } when Property(token, "content") is { ValueKind: JsonValueKind.String } content =>
            content.GetString(),
        { } other => throw new TokenizerException(
            $"tokenizer: not the name of a token; got {other.GetRawText()} next to {_path}; expected a string or an object with "
            + $"\"content\"."),
    };

    private static JsonElement? Property(JsonElement? parent, string name) =>
        parent is { } p && p.TryGetProperty(name, out JsonElement value) ? value : null;
}

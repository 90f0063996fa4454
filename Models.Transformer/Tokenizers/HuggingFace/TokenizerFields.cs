using System.Text.Json;

namespace Vitrine.Transformers;

/// <summary>What the objects of a tokenizer's files have in common.</summary>
internal static class TokenizerFields
{
    /// <summary>A value of a tokenizer's file; errors name the file.</summary>
    /// <param name="value">The value; undefined where it is absent.</param>
    /// <param name="place">Where it stands.</param>
    /// <param name="path">The file.</param>
    public static JsonField Of(JsonElement value, string place, string path) =>
        new("tokenizer_json", place, value, message => new TokenizerException($"{message} File: {path}"));

    /// <summary>The property "type", by which tokenizer.json names its components; empty where there is none.</summary>
    public static string TypeName(this JsonField part) => part.Text("type") ?? "";

    /// <summary>Names of members other than these.</summary>
    public static IEnumerable<string> Others(this JsonField part, params string[] known) =>
        part.Members().Select(member => member.Name).Where(name => !known.Contains(name));

    /// <summary>An entry of <c>added_tokens</c>, or of <c>added_tokens_decoder</c> in tokenizer_config.json.</summary>
    public static AddedToken AddedToken(this JsonField entry, int id) => entry["content"].Text() is { Length: > 0 } content
        ? new(content, id)
        {
            Special = entry.Flag("special", false),
            SingleWord = entry.Flag("single_word", false),
            LeftStrip = entry.Flag("lstrip", false),
            RightStrip = entry.Flag("rstrip", false),
            Normalized = entry.Flag("normalized", false),
        }
        : throw entry["content"].Bad("is empty", "a spelling");
}

using System.Text.RegularExpressions;

namespace Vitrine;

/// <summary>The name of a model repository: <c>org/name</c>, or <c>name</c> alone for the oldest ones.</summary>
public sealed partial record HubName
{
    private const string Rule = "org/name of letters, digits, '-', '_' and '.', each part at most 96 characters";

    private HubName(string value) => Value = value;

    /// <summary>As it is typed.</summary>
    public string Value { get; }

    /// <summary>The folder of the cache that holds it, as <c>huggingface_hub</c> names it.</summary>
    public string Folder => $"models--{Value.Replace("/", "--", StringComparison.Ordinal)}";

    /// <summary>Reads a name.</summary>
    /// <exception cref="RequestException">It is not one.</exception>
    public static HubName Parse(string text) =>
        TryParse(text) ?? throw new RequestException(Fault.Model, $"hub: not the name of a repository; got '{text}'; expected {Rule}.");

    /// <summary>Reads a name; null when it cannot be one, such as a path.</summary>
    public static HubName? TryParse(string text) =>
        Pattern().IsMatch(text) && !text.Contains("..", StringComparison.Ordinal) && !text.Contains("--", StringComparison.Ordinal)
            ? new(text) : null;

    /// <summary>The name of a folder of the cache; null when it is not one of a model.</summary>
    internal static HubName? OfFolder(string folder) => folder.StartsWith("models--", StringComparison.Ordinal)
        ? TryParse(folder["models--".Length..].Replace("--", "/", StringComparison.Ordinal)) : null;

    /// <summary>Checks a revision: a branch, a tag, a commit or <c>refs/pr/1</c>.</summary>
    /// <exception cref="RequestException">It could not be one.</exception>
    internal static string Revision(string revision) =>
        RevisionPattern().IsMatch(revision) && !revision.Contains("..", StringComparison.Ordinal)
        ? revision : throw new RequestException(Fault.Model,
            $"hub: not a revision; got '{revision}'; expected a branch, a tag or a commit.");

    /// <inheritdoc/>
    public override string ToString() => Value;

    [GeneratedRegex(@"^([A-Za-z0-9_][A-Za-z0-9_.-]{0,95}/)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}\z")]
    private static partial Regex Pattern();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*\z")]
    private static partial Regex RevisionPattern();
}

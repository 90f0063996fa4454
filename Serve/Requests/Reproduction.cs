using System.Globalization;
using System.Text;

namespace Vitrine.Serve;

/// <summary>The command line and the C# that give the result on the page again.</summary>
internal static class Reproduction
{
    /// <summary>The command, quoted for a POSIX shell.</summary>
    /// <param name="verb"><c>explain</c>.</param>
    /// <param name="model">The model's name or folder.</param>
    /// <param name="values">What the request says.</param>
    /// <param name="asks">Which settings count.</param>
    public static string Command(string verb, string model, Values values, Asks asks)
    {
        (string name, string? bits) = ModelName.Split(model);
        var line = new StringBuilder($"vitrine {verb} --model {Shell(name)}").Append(bits is null ? "" : $" --quantize {bits}");
        foreach (Field field in Fields.Of(asks).Where(field => field.Option.Length > 0))
        {
            IReadOnlyList<string> said = values.All(field.Name);
            if (said.Count == 0 || (field.Kind == FieldKind.Flag && said[0] != "true"))
            {
                continue;
            }
            line.Append(field.Name == "labels" ? " --task zero-shot" : "");
            IEnumerable<string> each = field.Kind == FieldKind.Wholes || field.Name == "labels" ? [string.Join(',', said)] : said;
            line.Append(field.Kind == FieldKind.Flag ? $" {field.Option}"
                : string.Concat(each.Select(value => $" {field.Option} {Shell(value)}")));
        }
        return values["text"] is { } text ? line.Append(text.StartsWith('-') ? " -- " : " ").Append(Shell(text)).ToString()
            : line.ToString();
    }

    /// <summary>A program of one file against the library.</summary>
    public static string CSharp(string model, Values values)
    {
        (string name, string? bits) = ModelName.Split(model);
        string load = bits is null ? Quoted(name) : $"{Quoted(name)}, new() {{ Quantization = "
            + $"Quantization.{(bits == "int8" ? "Int8" : "Half")} }}";
        Field[] set = [.. Fields.Of(Asks.Explain).Where(field => values.All(field.Name).Count > 0)];
        var code = new StringBuilder("using Vitrine;\nusing Vitrine.Attributions;\n")
            .Append(bits is null ? "" : "using Vitrine.Transformers;\n")
            .Append(CultureInfo.InvariantCulture, $"\nusing var explainer = "
                + $"Explainer.Load({load});\nConsole.WriteLine(explainer.Explain(new ExplainRequest\n{{\n");
        foreach (Field field in set)
        {
            code.Append(CultureInfo.InvariantCulture, $"    {field.Property} = {Literal(field, values.All(field.Name))},\n");
        }
        return code.Append("}));\n").ToString();
    }

    /// <summary>A text as C# writes it.</summary>
    public static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (char c in text)
        {
            _ = c switch
            {
                '"' or '\\' => quoted.Append('\\').Append(c),
                '\n' => quoted.Append("\\n"),
                < ' ' or '\x7F' or '\u0085' or '\u2028' or '\u2029' => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => quoted.Append(c),
            };
        }
        return quoted.Append('"').ToString();
    }

    /// <summary>A word as a POSIX shell reads it.</summary>
    public static string Shell(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "_-./:=,@+".Contains(c, StringComparison.Ordinal))
        ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string Literal(Field field, IReadOnlyList<string> said) => field.InCSharp?.Invoke(said[0]) ?? field.Kind switch
    {
        FieldKind.Text => Quoted(said[0]),
        FieldKind.Texts => $"[{string.Join(", ", said.Select(Quoted))}]",
        FieldKind.Wholes => $"[{string.Join(", ", said)}]",
        FieldKind.Pairs => "new Dictionary<string, string> { " + string.Join(", ", said.Select(pair => pair.Split('=', 2))
            .Select(pair => $"[{Quoted(pair[0])}] = {Quoted(pair[1])}")) + " }",
        _ => said[0],
    };
}

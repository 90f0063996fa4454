using System.Globalization;

namespace Vitrine.Transformers;

/// <summary>How an instruction model wants a chat written: the Jinja template that its checkpoint carries.</summary>
/// <remarks>
/// transformers' <c>apply_chat_template</c>, of which it understands the statements for, if, set and macro, the operators, and the
/// filters, tests and
/// methods that published templates use; whatever else a template needs is refused by its name. The library has no Jinja of its own to
/// lean on: the
/// engines of .NET read Liquid. A template writes the begin token itself, so its result is tokenized without special tokens.
/// </remarks>
public sealed class ChatTemplate
{
    private static readonly string[] s_files = ["chat_template.json", "tokenizer_config.json"];

    private readonly JinjaStatement _template;
    private readonly Dictionary<string, object?> _tokens;

    private ChatTemplate(string template, string source, Dictionary<string, object?> tokens)
    {
        (Source, _tokens) = (source, tokens);
        _template = new JinjaParser(new JinjaLexer(template, source).Read(), source).Read();
    }

    /// <summary>The file it comes from.</summary>
    public string Source { get; }

    /// <summary>Reads a template.</summary>
    /// <param name="template">The template.</param>
    /// <param name="source">Where it comes from, for errors.</param>
    /// <param name="tokens">Spellings of special tokens by the names that templates use: <c>bos_token</c>, <c>eos_token</c>.</param>
    /// <exception cref="TokenizerException">It is malformed, or asks for what is not understood.</exception>
    public static ChatTemplate Parse(string template, string source, IReadOnlyDictionary<string, string>? tokens = null)
    {
        ArgumentNullException.ThrowIfNull(template);
        return new(template, source, (tokens ?? new Dictionary<string, string>()).ToDictionary(t => t.Key, t => (object?)t.Value));
    }

    /// <summary>The template of a model's folder: <c>chat_template.jinja</c>, else that of <c>chat_template.json</c> or
    /// <c>tokenizer_config.json</c>; of several, the
    /// one named <c>default</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>Null where it has none.</returns>
    /// <exception cref="TokenizerException">It is malformed, or asks for what is not understood.</exception>
    public static ChatTemplate? Find(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var config = new TokenizerConfig(folder);
        Dictionary<string, string> tokens = [];
        foreach (string role in (string[])["bos_token", "eos_token", "pad_token", "unk_token"])
        {
            if (config.TokenName(role) is { } name)
            {
                tokens[role] = name;
            }
        }
        string own = Path.Combine(folder, "chat_template.jinja");
        if (File.Exists(own))
        {
            return Parse(new string(TokenizerFile.ReadChars(own)), own, tokens);
        }
        foreach (string file in s_files.Select(name => Path.Combine(folder, name)).Where(File.Exists))
        {
            JsonField part = TokenizerFields.Of(TokenizerFile.ReadJson(file), "", file).Part("chat_template"), chosen = part;
            if (part.Value.ValueKind == System.Text.Json.JsonValueKind.Array) // several by name
            {
                JsonField[] usual = [.. part.Items().Where(one => one.Text("name") == "default")];
                chosen = usual is [var first, ..] ? first["template"] : part;
            }
            if (chosen.IsPresent)
            {
                return Parse(chosen.Text(), file, tokens);
            }
        }
        return null;
    }

    /// <summary>The chat as the model reads it.</summary>
    /// <param name="messages">The turns so far.</param>
    /// <param name="addGenerationPrompt">Whether the answer is to follow.</param>
    /// <param name="now">What <c>strftime_now</c> tells; null: the time.</param>
    /// <exception cref="TokenizerException">The template refuses the chat (<c>raise_exception</c>), or does what cannot be
    /// done.</exception>
    public string Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt = true, DateTime? now = null)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var scope = new JinjaScope([
            .. _tokens,
            new("messages", new List<object?>(messages.Select(message => new OrderedDictionary<string, object?>(StringComparer.Ordinal)
            {
                ["role"] = message.Role, ["content"] = message.Content,
            }))),
            new("add_generation_prompt", addGenerationPrompt),
            new("tools", null), new("documents", null),
            new("range", new JinjaFunction((given, _) => Range(given))),
            new("namespace", new JinjaFunction((_, named) => Namespace(named))),
            new("dict", new JinjaFunction((_, named) => new OrderedDictionary<string, object?>(named, StringComparer.Ordinal))),
            new("raise_exception", new JinjaFunction((given, _) => throw JinjaValue.Wrong(
                "the template refuses the chat", $"'{JinjaValue.Text(given.FirstOrDefault())}'", "a chat that it takes"))),
            new("strftime_now", new JinjaFunction((given, _) => Time(JinjaValue.Text(given.FirstOrDefault()), now ?? DateTime.Now))),
        ]);
        _template(scope);
        return scope.Output;
    }

    private static JinjaNamespace Namespace(Dictionary<string, object?> members)
    {
        var made = new JinjaNamespace();
        foreach ((string name, object? value) in members)
        {
            made.Members[name] = value;
        }
        return made;
    }

    private static List<object?> Range(object?[] given)
    {
        long[] numbers = [.. given.Select(one =>
            one is long number ? number : throw JinjaValue.Wrong("range needs whole numbers", JinjaValue.Text(one), "range(n)"))];
        (long from, long to, long step) = numbers switch
        {
            [var n] => (0, n, 1),
            [var a, var b] => (a, b, 1),
            [var a, var b, var c] =>
            (a, b, c),
            _ => (0L, 0L, 0L)
        };
        if (step == 0 || Int128.Abs((Int128)to - from) / Int128.Abs(step) > 100_000)
        {
            throw JinjaValue.Wrong("a range that cannot be", $"range({string.Join(", ", numbers)})", "at most 100000 numbers");
        }
        List<object?> all = [];
        for (long i = from; step > 0 ? i < to : i > to; i += step)
        {
            all.Add(i);
        }
        return all;
    }

    private static string Time(string format, DateTime now)
    {
        var text = new System.Text.StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }
            char code = format[++i];
            text.Append(code == '%' ? "%" : now.ToString(code switch
            {
                'd' => "dd",
                'm' => "MM",
                'Y' => "yyyy",
                'y' => "yy",
                'b' => "MMM",
                'B' => "MMMM",
                'a' => "ddd",
                'A' => "dddd",
                'H' =>
                    "HH",
                'M' => "mm",
                'S' => "ss",
                _ => throw JinjaValue.Wrong("a code of strftime_now is not known", $"%{code}", "a date"),
            }, CultureInfo.InvariantCulture));
        }
        return text.ToString();
    }
}

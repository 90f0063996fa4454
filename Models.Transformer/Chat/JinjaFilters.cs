using System.Globalization;
using System.Text;

namespace Vitrine.Transformers;

/// <summary>The filters, tests and methods that chat templates use, by name.</summary>
internal static class JinjaFilters
{
    private static readonly Dictionary<string, Filter> s_filters = new(StringComparer.Ordinal)
    {
        ["trim"] = (value, given, _) => Trim(JinjaValue.Text(value), given, true, true),
        ["upper"] = (value, _, _) => JinjaValue.Text(value).ToUpperInvariant(),
        ["lower"] = (value, _, _) => JinjaValue.Text(value).ToLowerInvariant(),
        ["capitalize"] = (value, _, _) => Capital(JinjaValue.Text(value)),
        ["title"] = (value, _, _) => CultureInfo.InvariantCulture.TextInfo.ToTitleCase(JinjaValue.Text(value).ToLowerInvariant()),
        ["string"] = (value, _, _) => JinjaValue.Text(value),
        ["safe"] = (value, _, _) => value,
        ["int"] = (value, _, _) => value is string text ? long.TryParse(text, CultureInfo.InvariantCulture, out long number) ? number : 0L
            : JinjaValue.Compute("//", value, 1L),
        ["length"] = (value, _, _) => Length(value),
        ["count"] = (value, _, _) => Length(value),
        ["first"] = (value, _, _) => JinjaValue.Items(value).FirstOrDefault(JinjaValue.Undefined),
        ["last"] = (value, _, _) => JinjaValue.Items(value).LastOrDefault(JinjaValue.Undefined),
        ["list"] = (value, _, _) => new List<object?>(JinjaValue.Items(value)),
        ["reverse"] = (value, _, _) => new List<object?>(JinjaValue.Items(value).Reverse()),
        ["items"] = (value, _, _) => Pairs(value),
        ["default"] = Default,
        ["d"] = Default,
        ["join"] = (value, given, named) => string.Join(
            JinjaValue.Text(given.FirstOrDefault() ?? named.GetValueOrDefault("d") ?? ""), JinjaValue.Items(value).Select(JinjaValue.Text)),
        ["replace"] = (value, given, _) => given is [string { Length: > 0 } from, string to, ..]
            ? JinjaValue.Text(value).Replace(from, to, StringComparison.Ordinal)
            : throw JinjaValue.Wrong("replace needs two texts", "others", "what to replace, and by what"),
        ["tojson"] = (value, given, named) => Json(value, (given.FirstOrDefault() ?? named.GetValueOrDefault("indent")) as long?),
        ["map"] = (value, given, named) => new List<object?>(JinjaValue.Items(value).Select(Mapping(given, named))),
        ["select"] = (value, given, _) => new List<object?>(JinjaValue.Items(value).Where(item => Passes(item, given))),
        ["reject"] = (value, given, _) => new List<object?>(JinjaValue.Items(value).Where(item => !Passes(item, given))),
        ["selectattr"] = (value, given, _) => new List<object?>(JinjaValue.Items(value).Where(item => PassesMember(item, given))),
        ["rejectattr"] = (value, given, _) => new List<object?>(JinjaValue.Items(value).Where(item => !PassesMember(item, given))),
    };

    private static readonly Dictionary<string, Func<object?, object?[], bool>> s_tests = new(StringComparer.Ordinal)
    {
        ["defined"] = (value, _) => value != JinjaValue.Undefined,
        ["undefined"] = (value, _) => value == JinjaValue.Undefined,
        ["none"] = (value, _) => value is null,
        ["string"] = (value, _) => value is string,
        ["number"] = (value, _) => value is long or double or bool,
        ["integer"] = (value, _) => value is long,
        ["float"] = (value, _) => value is double,
        ["boolean"] = (value, _) => value is bool,
        ["true"] = (value, _) => value is true,
        ["false"] = (value, _) => value is false,
        ["mapping"] = (value, _) => value is OrderedDictionary<string, object?>,
        ["iterable"] = (value, _) => value is string or List<object?> or OrderedDictionary<string, object?>,
        ["sequence"] = (value, _) => value is string or List<object?> or OrderedDictionary<string, object?>,
        ["callable"] = (value, _) => value is JinjaFunction,
        ["odd"] = (value, _) => value is long number && number % 2 != 0,
        ["even"] = (value, _) => value is long number && number % 2 == 0,
        ["equalto"] = (value, given) => given is [var other, ..] && JinjaValue.Compare("==", value, other),
        ["eq"] = (value, given) => given is [var other, ..] && JinjaValue.Compare("==", value, other),
        ["ne"] = (value, given) => given is [var other, ..] && JinjaValue.Compare("!=", value, other),
        ["in"] = (value, given) => given is [var other, ..] && JinjaValue.Compare("in", value, other),
    };

    /// <summary>Makes one value of another.</summary>
    public delegate object? Filter(object? value, object?[] given, Dictionary<string, object?> named);

    /// <summary>A filter by its name; null where it is not known.</summary>
    public static Filter? Find(string name) => s_filters.GetValueOrDefault(name);

    /// <summary>A test by its name; null where it is not known.</summary>
    public static Func<object?, object?[], bool>? FindTest(string name) => s_tests.GetValueOrDefault(name);

    /// <summary>A method of a text or a dictionary; null where it is not known.</summary>
    public static JinjaFunction? Method(object value, string name) => (value, name) switch
    {
        (OrderedDictionary<string, object?> members, "items") => (_, _) => Pairs(members),
        (OrderedDictionary<string, object?> members, "keys") => (_, _) => new List<object?>(members.Keys),
        (OrderedDictionary<string, object?> members, "values") => (_, _) => new List<object?>(members.Values),
        (OrderedDictionary<string, object?> members, "get") => (given, _) =>
            given is [string key, ..] && members.TryGetValue(key, out object? found) ? found : given.ElementAtOrDefault(1),
        (string text, "strip") => (given, _) => Trim(text, given, true, true),
        (string text, "lstrip") => (given, _) => Trim(text, given, true, false),
        (string text, "rstrip") => (given, _) => Trim(text, given, false, true),
        (string text, "upper") => (_, _) => text.ToUpperInvariant(),
        (string text, "lower") => (_, _) => text.ToLowerInvariant(),
        (string text, "capitalize") => (_, _) => Capital(text),
        (string text, "title") => (_, _) => s_filters["title"](text, [], []),
        (string text, "startswith") => (given, _) => Affixes(given).Any(part => text.StartsWith(part, StringComparison.Ordinal)),
        (string text, "endswith") => (given, _) => Affixes(given).Any(part => text.EndsWith(part, StringComparison.Ordinal)),
        (string text, "find") => (given, _) => (long)text.IndexOf(JinjaValue.Text(given.FirstOrDefault()), StringComparison.Ordinal),
        (string text, "replace") => (given, named) => s_filters["replace"](text, given, named),
        (string text, "join") => (given, _) => string.Join(text, JinjaValue.Items(given.FirstOrDefault()).Select(JinjaValue.Text)),
        (string text, "split") => (given, _) => new List<object?>(given switch
        {
            [string { Length: > 0 } by, long most, ..] => text.Split(by, (int)Math.Clamp(most, 0, 1_000_000) + 1),
            [string { Length: > 0 } by, ..] => text.Split(by),
            _ => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries),
        }),
        _ => null,
    };

    private static IEnumerable<string> Affixes(object?[] given) =>
        given.FirstOrDefault() is List<object?> several ? several.Select(JinjaValue.Text) : [JinjaValue.Text(given.FirstOrDefault())];

    private static object? Default(object? value, object?[] given, Dictionary<string, object?> named) =>
        value == JinjaValue.Undefined || (JinjaValue.IsTrue(given.ElementAtOrDefault(1) ?? named.GetValueOrDefault("boolean"))
            && !JinjaValue.IsTrue(value))
            ? given.FirstOrDefault("")
            : value;

    private static string Trim(string text, object?[] given, bool left, bool right)
    {
        char[]? characters = given.FirstOrDefault() is string some ? some.ToCharArray() : null;
        text = left ? text.TrimStart(characters) : text;
        return right ? text.TrimEnd(characters) : text;
    }

    private static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    private static long Length(object? value) => value is string text ? text.EnumerateRunes().Count() : JinjaValue.Items(value).Count();

    private static List<object?> Pairs(object? value) => value is OrderedDictionary<string, object?> members
        ? [.. members.Select(member => (object?)new List<object?>([member.Key, member.Value]))]
        : value == JinjaValue.Undefined ? []
            : throw JinjaValue.Wrong("items of what is no dictionary", JinjaValue.Text(value), "a dictionary");

    private static Func<object?, object?> Mapping(object?[] given, Dictionary<string, object?> named) =>
        named.GetValueOrDefault("attribute") is string attribute ? item => JinjaValue.Item(item, attribute)
        : given is [string name, .. var rest] && Find(name) is { } filter ? item => filter(item, rest, [])
        : throw JinjaValue.Wrong("map needs an attribute or a filter", "neither", "map(attribute='…') or map('…')");

    private static bool Passes(object? value, object?[] given) => given is [string name, .. var rest]
        ? (FindTest(name) ?? throw JinjaValue.Wrong("a test is not known", $"'{name}'", "one that chat templates use"))(value, rest)
        : JinjaValue.IsTrue(value);

    private static bool PassesMember(object? item, object?[] given) => given is [string name, .. var rest]
        ? Passes(JinjaValue.Item(item, name), rest)
        : throw JinjaValue.Wrong("the name of a member is missing", "none", "selectattr('…')");

    /// <summary>JSON as Python's <c>json.dumps(value, ensure_ascii=False)</c> writes it.</summary>
    private static string Json(object? value, long? indent)
    {
        var text = new StringBuilder();
        Write(value, 0);
        return text.ToString();

        void Write(object? item, int depth)
        {
            switch (item)
            {
                case null:
                    text.Append("null");
                    break;
                case bool flag:
                    text.Append(flag ? "true" : "false");
                    break;
                case string words:
                    Quote(words);
                    break;
                case List<object?> list:
                    Members('[', ']', list.Count, depth, i => Write(list[i], depth + 1));
                    break;
                case OrderedDictionary<string, object?> members:
                    Members('{', '}', members.Count, depth, i =>
                    {
                        Quote(members.GetAt(i).Key);
                        text.Append(": ");
                        Write(members.GetAt(i).Value, depth + 1);
                    });
                    break;
                default:
                    text.Append(JinjaValue.Text(item));
                    break;
            }
        }

        void Members(char open, char close, int count, int depth, Action<int> write)
        {
            text.Append(open);
            for (int i = 0; i < count; i++)
            {
                text.Append(i == 0 ? "" : indent is null ? ", " : ",");
                NewLine(depth + 1);
                write(i);
            }
            if (count > 0)
            {
                NewLine(depth);
            }
            text.Append(close);
        }

        void NewLine(int depth) => text.Append(indent is { } width ? "\n" + new string(' ', (int)Math.Clamp(width, 0, 16) * depth) : "");

        void Quote(string words)
        {
            text.Append('"');
            foreach (char c in words)
            {
                text.Append(c switch
                {
                    '"' => "\\\"",
                    '\\' => "\\\\",
                    '\n' => "\\n",
                    '\r' => "\\r",
                    '\t' => "\\t",
                    '\b' => "\\b",
                    '\f' => "\\f",
                    < ' ' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                    _ => c.ToString(),
                });
            }
            text.Append('"');
        }
    }
}

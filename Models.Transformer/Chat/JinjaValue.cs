using System.Globalization;

namespace Vitrine.Transformers;

/// <summary>What templates do with values: Python's numbers, texts, lists and dictionaries, as far as chat templates use them.</summary>
internal static class JinjaValue
{
    /// <summary>What a name means that stands for nothing: false, and an empty text.</summary>
    public static object Undefined { get; } = new();

    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        string text => text.Length > 0,
        List<object?> list => list.Count > 0,
        OrderedDictionary<string, object?> members => members.Count > 0,
        _ => value != Undefined,
    };

    /// <summary>A value as Python prints it.</summary>
    public static string Text(object? value) => value switch
    {
        null => "None",
        bool flag => flag ? "True" : "False",
        long number => number.ToString(CultureInfo.InvariantCulture),
        double number => number % 1 == 0 && Math.Abs(number) < 1e16
            ? number.ToString("F1", CultureInfo.InvariantCulture)
            : number.ToString("R", CultureInfo.InvariantCulture),
        string text => text,
        _ when value == Undefined => "",
        List<object?> or OrderedDictionary<string, object?> =>
            throw Wrong("a list or a dictionary is printed", "it", "texts: write it with tojson"),
        _ => throw Wrong("something that is no text is printed", "a function", "texts"),
    };

    /// <summary>What a loop goes through: the items of a list, the keys of a dictionary, the characters of a text.</summary>
    public static IEnumerable<object?> Items(object? value) => value switch
    {
        List<object?> list => [.. list],
        OrderedDictionary<string, object?> members => [.. members.Keys],
        string text => text.EnumerateRunes().Select(rune => (object?)rune.ToString()),
        _ when value == Undefined => [],
        _ => throw Wrong("a loop over what has no items", Text(value), "a list"),
    };

    /// <summary><c>value.name</c>: a member of a dictionary, a method of a text, a list or a dictionary.</summary>
    public static object? Member(object? value, string name) => value switch
    {
        OrderedDictionary<string, object?> members when members.TryGetValue(name, out object? found) => found,
        JinjaNamespace space => space.Members.TryGetValue(name, out object? found) ? found : Undefined,
        string or OrderedDictionary<string, object?> => JinjaFilters.Method(value, name) ?? (value is string
            ? throw Wrong("a method is not known", $"'{name}' of a text", "one that chat templates use")
            : Undefined),
        List<object?> => throw Wrong("a method is not known", $"'{name}' of a list", "none: lists do not change"),
        _ when value == Undefined => throw Wrong("a member of nothing", $"'{name}'", "a message, a dictionary or a text before it"),
        _ => Undefined,
    };

    /// <summary><c>value[index]</c>.</summary>
    public static object? Item(object? value, object? index)
    {
        switch (value, index)
        {
            case (OrderedDictionary<string, object?> or JinjaNamespace, string name):
                return value is OrderedDictionary<string, object?> members ? members.GetValueOrDefault(name, Undefined)
                    : Member(value, name);
            case (List<object?> list, long at):
                at += at < 0 ? list.Count : 0;
                return at >= 0 && at < list.Count ? list[(int)at] : Undefined;
            case (string text, long at):
                return Item(Characters(text), at);
            default:
                return value == Undefined ? throw Wrong("an item of nothing", $"[{Text(index)}]", "a list or a dictionary before it")
                    : Undefined;
        }
    }

    /// <summary><c>value[from:to:step]</c> of a list or a text.</summary>
    public static object? Slice(object? value, object? from, object? to, object? step)
    {
        if (value is string text)
        {
            return string.Concat((List<object?>)Slice(Characters(text), from, to, step)!);
        }
        List<object?> items = value as List<object?> ?? throw Wrong("a slice of what has no items", Text(value), "a list or a text");
        long stride = step is long given and not 0 ? given : 1;
        int length = items.Count;
        long bound(object? at, long absent) => at is not long index ? absent
            : Math.Clamp(index < 0 ? index + length : index, stride < 0 ? -1 : 0, stride < 0 ? length - 1 : length);
        List<object?> part = [];
        long end = bound(to, stride < 0 ? -1 : length);
        for (long at = bound(from, stride < 0 ? length - 1 : 0); stride > 0 ? at < end : at > end; at += stride)
        {
            part.Add(items[(int)at]);
        }
        return part;
    }

    private static List<object?> Characters(string text) => [.. Items(text)];

    public static object? Call(object? value, object?[] arguments, Dictionary<string, object?> named) => value is JinjaFunction function
        ? function(arguments, named)
        : throw Wrong("a call of what is no function", value == Undefined ? "a name that is not known" : Text(value),
            "a function of chat templates");

    public static bool Compare(string sign, object? a, object? b) => sign switch
    {
        "==" => AreEqual(a, b),
        "!=" => !AreEqual(a, b),
        "in" => IsIn(a, b),
        "not in" => !IsIn(a, b),
        _ => Order(a, b) is var order && sign switch { "<" => order < 0, ">" => order > 0, "<=" => order <= 0, _ => order >= 0 },
    };

    public static object? Compute(string sign, object? a, object? b)
    {
        switch (sign, a, b)
        {
            case ("~", _, _):
                return Text(a) + Text(b);
            case ("+", string x, string y):
                return x + y;
            case ("+", List<object?> x, List<object?> y):
                return new List<object?>([.. x, .. y]);
            case ("*", string x, long times) when times <= 10_000:
                return string.Concat(Enumerable.Repeat(x, (int)Math.Max(0, times)));
            case (_, long or bool, long or bool):
                (long m, long n) = (Whole(a), Whole(b));
                return sign switch
                {
                    "+" => (object)unchecked(m + n),
                    "-" => unchecked(m - n),
                    "*" => unchecked(m * n),
                    _ when n == 0 => throw Wrong("a division by zero", $"{m} {sign} 0", "another divisor"),
                    "/" => (object)((double)m / n),
                    "//" => (long)Math.Floor((double)m / n),
                    _ => (m % n) + (m % n != 0 && (m < 0) != (n < 0) ? n : 0),
                };
            case (_, long or double, long or double):
                (double p, double q) = (Real(a), Real(b));
                return sign switch
                {
                    "+" => p + q,
                    "-" => p - q,
                    "*" => p * q,
                    "/" => p / q,
                    "//" => Math.Floor(p / q),
                    _ =>
                    p - (q * Math.Floor(p / q))
                };
            default:
                throw Wrong($"'{sign}' of values of these kinds", $"{Kind(a)} and {Kind(b)}", "two numbers, two texts or two lists");
        }
    }

    /// <summary>An error of a running template.</summary>
    public static TokenizerException Wrong(string what, string got, string expected) =>
        new($"chat_template: {what}; got {got}; expected {expected}.");

    private static bool AreEqual(object? a, object? b) => (a, b) switch
    {
        (long or double or bool, long or double or bool) => Real(a).Equals(Real(b)),
        (List<object?> x, List<object?> y) => x.Count == y.Count && x.Zip(y).All(pair => AreEqual(pair.First, pair.Second)),
        (string x, string y) => x == y,
        _ => ReferenceEquals(a, b),
    };

    private static bool IsIn(object? a, object? b) => b switch
    {
        string text => a is string part ? text.Contains(part, StringComparison.Ordinal)
            : throw Wrong("'in' of values of these kinds", Kind(a), "a text in a text"),
        _ => Items(b).Any(item => AreEqual(a, item)),
    };

    private static int Order(object? a, object? b) => (a, b) switch
    {
        (string x, string y) => string.CompareOrdinal(x, y),
        (long or double or bool, long or double or bool) => Real(a).CompareTo(Real(b)),
        _ => throw Wrong("values of these kinds have no order", $"{Kind(a)} and {Kind(b)}", "two numbers or two texts"),
    };

    private static long Whole(object? value) => value is bool flag ? flag ? 1 : 0 : (long)value!;

    private static double Real(object? value) => value is double number ? number : Whole(value);

    private static string Kind(object? value) => value switch
    {
        null => "None",
        bool => "a truth value",
        long or double => "a number",
        string => "a text",
        List<object?> => "a list",
        OrderedDictionary<string, object?> => "a dictionary",
        _ => value == Undefined ? "nothing" : "a function",
    };
}

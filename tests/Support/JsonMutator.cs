using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vitrine.Tests.Support;

/// <summary>
/// Changes JSON so that it still parses and no longer fits: other kinds of values, missing and foreign members, numbers out of range, keys
/// twice, halves of pairs.
/// </summary>
internal sealed class JsonMutator(int seed)
{
    private static readonly string[] s_values =
    [
        "null", "true", "false", "0", "-1", "1", "2", "3.5", "1e308", "-1e308", "1e999", "2147483647", "2147483648", "-2147483648",
        "9223372036854775807", "1000000000",
        "\"\"", "\"a\"", "\"▁\"", "\"\\ud83d\"", "\"\\u0000\"", "\"[UNK]\"", "\"Sequence\"", "\"BPE\"", "\"Unigram\"",
        "\"ByteLevel\"", "\"a b c\"", "\"(((((((((\"",
        "[]", "[[]]", "[null]", "[0]", "[-1]", "[\"a\"]", "[[\"a\",\"b\"]]", "[{}]", "{}", "{\"type\":\"Nothing\"}", "{\"a\":0}",
        "{\"0\":{}}", "{\"String\":\"\"}", "{\"Regex\":\"a*\"}",
    ];

    private readonly Random _random = new(seed);

    /// <summary>One changed copy.</summary>
    public string Mutate(string json)
    {
        for (int n = _random.Next(1, 4); n > 0; n--)
        {
            try
            {
                json = Once(json);
            }
            catch (InvalidOperationException)
            {
                return json; // half a pair cannot be written again
            }
        }
        return json;
    }

    private string Once(string json)
    {
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(json, null, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return json; // an earlier change made a key stand twice
        }
        List<JsonNode> places = [];
        Collect(root);
        if (places.Count == 0)
        {
            return json;
        }
        JsonNode place = places[_random.Next(places.Count)];
        string mark = $"\"mark{seed.ToString(CultureInfo.InvariantCulture)}\"", value = s_values[_random.Next(s_values.Length)];
        switch (place)
        {
            case JsonObject members when members.Count > 0:
                string key = members.ElementAt(_random.Next(members.Count)).Key;
                switch (_random.Next(6))
                {
                    case 0:
                        _ = members.Remove(key);
                        return root!.ToJsonString();
                    case 1: // a key twice
                        string text = members.ToJsonString(), first = $"{JsonSerializer.Serialize(key)}:{value},";
                        return root!.ToJsonString().Replace(text, "{" + first + text[1..], StringComparison.Ordinal);
                    case 2:
                        members["foreign"] = 1;
                        return root!.ToJsonString();
                    default:
                        members[key] = JsonNode.Parse(mark);
                        break;
                }
                break;
            case JsonArray items when items.Count > 0:
                items[_random.Next(items.Count)] = JsonNode.Parse(mark);
                break;
            case JsonArray items:
                items.Add(JsonNode.Parse(mark));
                break;
            case JsonObject members:
                members["a"] = JsonNode.Parse(mark);
                break;
        }
        return root!.ToJsonString().Replace(mark, value, StringComparison.Ordinal);

        void Collect(JsonNode? node)
        {
            if (node is JsonObject or JsonArray)
            {
                places.Add(node);
            }
            IEnumerable<JsonNode?> children = node switch
            {
                JsonObject members => members.Select(m => m.Value),
                JsonArray items => items,
                _ => [],
            };
            foreach (JsonNode? child in children)
            {
                Collect(child);
            }
        }
    }
}

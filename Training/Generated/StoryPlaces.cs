using System.Text.Encodings.Web;
using System.Text.Json;

namespace Vitrine.Training;

/// <summary>
/// <see cref="Stories"/> as data for probes. Every story comes with the question where one of its people went. The label is the place; and
/// every place in the story is a labelled stretch: <c>answer</c> where it is the place that is asked for, <c>other</c> else.
/// </summary>
public static class StoryPlaces
{
    private static readonly JsonSerializerOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Makes lines of JSON for <c>vitrine probe</c>.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Equal seeds give equal stories.</param>
    public static IEnumerable<string> Make(int count, int seed) => Stories.Make(int.MaxValue, seed)
        .Select((story, i) => Ask(story.Question.Context, RandomAt.Of(seed, i, 1))).OfType<ProbeText>().Take(count)
        .Select(text => JsonSerializer.Serialize(
            new
            {
                question = text.Question,
                text = text.Text,
                label = text.Label,
                spans = text.Spans.Select(span => new object[] { span.Start, span.End, span.Label })
            }, s_plain));

    /// <summary>Follows who goes where and asks for one of them; null when no one moves.</summary>
    private static ProbeText? Ask(string story, Random random)
    {
        List<(string Person, string Place, int Start)> moves = [];
        int start = 0;
        foreach (string sentence in story.Split(' ').Chunk(5).Select(words => string.Join(' ', words))) // every sentence has five words
        {
            if (sentence.TrimEnd('.').Split(' ') is [var person, _, "to", "the", var place])
            {
                moves.Add((person, place, start + sentence.Length - place.Length - 1));
            }
            start += sentence.Length + 1;
        }
        if (moves.Count == 0)
        {
            return null;
        }
        string asked = moves[random.Next(moves.Count)].Person;
        (_, string answer, int at) = moves.Last(move => move.Person == asked);
        return new(story, answer,
            [.. moves.Select(move => new LabelledSpan(move.Start, move.Start + move.Place.Length, move.Start == at ? "answer" : "other"))])
        {
            Question = $"Where did {asked} go?",
        };
    }
}

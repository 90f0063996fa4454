using System.Text.Encodings.Web;
using System.Text.Json;

namespace Vitrine.Training;

/// <summary>A question about a story, and which words of it justify the answer: what a faithful explanation should point at.</summary>
/// <param name="Question">Story, question and answer.</param>
/// <param name="Evidence">Stretches of the story, first and past-the-last UTF-16 code unit: the words without which the answer would not
/// follow.</param>
public sealed record StoryQuestion(AnsweredQuestion Question, IReadOnlyList<(int Start, int End)> Evidence);

/// <summary>
/// Short stories of people who move about and hand things to one another, with a question each whose answer is known because the story was
/// made from it. Every sentence has five words, so that a small model finds who did what by position. After Weston et al. 2015, “Towards
/// AI-complete question answering” (bAbI), tasks 1, 2 and 5; the texts are our own.
/// </summary>
public static class Stories
{
    private static readonly string[] s_people = ["Anna", "Ben", "Clara", "David", "Emma", "Felix", "Grace", "Henry"];
    private static readonly string[] s_places = ["kitchen", "garden", "office", "cellar", "library", "garage", "attic", "bathroom"];
    private static readonly string[] s_things = ["lamp", "apple", "book", "ball", "key", "hat", "letter", "cup"];
    private static readonly string[] s_goes = ["went to", "walked to", "moved to", "hurried to"];

    private static readonly JsonSerializerOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Makes stories of two to five sentences.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Equal seeds give equal stories.</param>
    public static IEnumerable<StoryQuestion> Make(int count, int seed) => Enumerable.Range(0, count).Select(i => One(RandomAt.Of(seed, i)));

    /// <summary>
    /// A line for <c>vitrine train qa</c>: questions with the same subject and answer are one group, which is learned or judged as a whole.
    /// </summary>
    public static string Line(StoryQuestion story) => JsonSerializer.Serialize(new
    {
        context = story.Question.Context,
        question = story.Question.Question,
        answer = story.Question.Answer,
        start = story.Question.Start,
        evidence = story.Evidence.Select(span => new[] { span.Start, span.End }),
        group = story.Question.Group,
    }, s_plain);

    /// <summary>A line for <c>vitrine evaluate</c>: question, context, and the words of the context that justify the answer.</summary>
    public static string Question(StoryQuestion story) => JsonSerializer.Serialize(new
    {
        question = story.Question.Question,
        context = story.Question.Context,
        rationale = story.Evidence.Select(span => new[] { 1, span.Start, span.End }),
    }, s_plain);

    private static StoryQuestion One(Random random)
    {
        while (true)
        {
            var story = new Telling(random);
            int sentences = random.Next(2, 6);
            for (int i = 0; i < sentences; i++)
            {
                story.Continue();
            }
            if (story.Ask() is { } asked)
            {
                return asked;
            }
        }
    }

    /// <summary>A story while it is told: where every person is and who has what, and which words said so.</summary>
    private sealed class Telling(Random random)
    {
        private readonly string[] _cast = random.GetItems(s_people, 4), _stage = random.GetItems(s_things, 3);
        private readonly Dictionary<string, Fact> _place = [], _holder = [];
        private string _text = "";

        public void Continue()
        {
            string person = One(_cast), thing = One(_stage);
            if (random.Next(5) < 3)
            {
                Moves(person);
            }
            else if (!_holder.TryGetValue(thing, out Fact? held))
            {
                int taker = Say(person);
                _text += " picked up the ";
                _holder[thing] = new(person, taker, Say(thing));
                _text += ".";
            }
            else if (One(_cast) is var other && other != held.Value)
            {
                _ = Say(held.Value);
                _text += " handed ";
                int who = Say(other);
                _text += " the ";
                _holder[thing] = new(other, who, Say(thing));
                _text += ".";
            }
            else
            {
                Moves(person);
            }
        }

        /// <summary>A question whose answer the story tells; null when it tells nothing yet.</summary>
        public StoryQuestion? Ask()
        {
            string[] things = [.. _holder.Keys.Order(StringComparer.Ordinal)], people = [.. _place.Keys.Order(StringComparer.Ordinal)];
            string[] placed = [.. things.Where(thing => _place.ContainsKey(_holder[thing].Value))];
            return random.Next(3) switch
            {
                0 when people.Length > 0 && One(people) is var person =>
                    Asked($"Where did {person} go?", person, _place[person], [.. _place[person].Spans(person)]),
                1 when things.Length > 0 && One(things) is var thing =>
                    Asked($"Who has the {thing}?", thing, _holder[thing], [.. _holder[thing].Spans(thing)]),
                2 when placed.Length > 0 && One(placed) is var thing && _holder[thing] is var holder => Asked(
                    $"Where is the {thing}?", thing, _place[holder.Value],
                    [.. holder.Spans(thing), .. _place[holder.Value].Spans(holder.Value)]),
                _ => null,
            };
        }

        private void Moves(string person)
        {
            int who = Say(person);
            _text += $" {One(s_goes)} the ";
            string place = One(s_places);
            _place[person] = new(place, Say(place), who);
            _text += ".";
        }

        private StoryQuestion Asked(string question, string subject, Fact fact, (int, int)[] evidence) => new(
            new AnsweredQuestion(_text, question, fact.Value, fact.At) { Group = $"{subject} {fact.Value}" },
            [.. evidence.Order().Distinct()]);

        /// <summary>Writes a word that may matter; tells where. A capital begins a sentence.</summary>
        private int Say(string word)
        {
            if (_text.EndsWith('.'))
            {
                _text += " ";
            }
            _text += word;
            return _text.Length - word.Length;
        }

        private string One(string[] choices) => choices[random.Next(choices.Length)];

        /// <summary>What the story says of a subject: the value, where it stands, and where the subject stands next to it.</summary>
        private sealed record Fact(string Value, int At, int Subject)
        {
            public IEnumerable<(int Start, int End)> Spans(string subject) =>
                [(Subject, Subject + subject.Length), (At, At + Value.Length)];
        }
    }
}

using Vitrine.Tests.Support;
using Vitrine.Training;
using Xunit;

namespace Vitrine.Tests.Training;

public class StoriesTests
{
    private static readonly StoryQuestion[] s_stories = [.. Stories.Make(500, seed: 4)];

    [Fact]
    public void Make_SameSeed_SameStories() =>
        Assert.Equal(s_stories.Select(Stories.Line), Stories.Make(500, seed: 4).Select(Stories.Line));

    [Fact]
    public void Answer_InItsStory_StandsWhereItSays()
    {
        foreach (AnsweredQuestion q in s_stories.Select(s => s.Question))
        {
            Assert.Equal(q.Answer, q.Context.Substring(q.Start, q.Answer.Length));
        }
    }

    /// <summary>Reads the story again, sentence by sentence, as a reader would.</summary>
    [Fact]
    public void Answer_ReadAgainFromTheText_IsTheSame()
    {
        foreach (AnsweredQuestion q in s_stories.Select(s => s.Question))
        {
            Dictionary<string, string> place = [], holder = [];
            foreach (string[] words in q.Context.Split('.', StringSplitOptions.RemoveEmptyEntries).Select(s => s.Trim().Split(' ')))
            {
                Assert.Equal(5, words.Length);
                if (words[2] == "to")
                {
                    place[words[0]] = words[4];
                }
                else
                {
                    holder[words[4]] = words[1] == "handed" ? words[2] : words[0];
                }
            }
            string subject = Subject(q);
            string expected = q.Question.StartsWith("Who", StringComparison.Ordinal) ? holder[subject]
                : place[holder.GetValueOrDefault(subject, subject)];

            Assert.Equal(expected, q.Answer);
        }
    }

    [Fact]
    public void Evidence_OfEveryStory_NamesTheSubjectAndTheAnswerInWholeWords()
    {
        foreach (StoryQuestion story in s_stories)
        {
            string[] words = [.. story.Evidence.Select(span => story.Question.Context[span.Start..span.End])];

            Assert.All(words, word => Assert.Matches("^[A-Za-z]+$", word));
            Assert.Contains(Subject(story.Question), words);
            Assert.Contains((story.Question.Start, story.Question.Start + story.Question.Answer.Length), story.Evidence);
        }
    }

    [Fact]
    public void Split_ByGroup_NoCombinationOnBothSides()
    {
        (IReadOnlyList<StoryQuestion> training, IReadOnlyList<StoryQuestion> held) =
            HeldOut.Split(s_stories, s => s.Question.Group!, 0.2, 1);

        Assert.Empty(training.Select(s => s.Question.Group).Intersect(held.Select(s => s.Question.Group)));
        Assert.InRange(held.Count, 20, 200);
    }

    [Fact]
    public void Line_ReadAsTrainingData_IsTheQuestion()
    {
        using var folder = new TempFolder();
        File.WriteAllLines(folder.File("stories.jsonl"), s_stories.Select(Stories.Line));

        Assert.Equal(s_stories.Select(s => s.Question), TextLines.Questions(folder.File("stories.jsonl")));
    }

    private static string Subject(AnsweredQuestion q) => q.Question.TrimEnd('?').Split(' ') is ["Where", "did", var person, _]
        ? person : q.Question.TrimEnd('?').Split(' ')[^1];
}

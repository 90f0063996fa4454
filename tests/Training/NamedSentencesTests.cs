using Vitrine.Training;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>Sentences of a text whose names a list knows.</summary>
public sealed class NamedSentencesTests : IDisposable
{
    private readonly string _list = Path.GetTempFileName();

    public void Dispose() => File.Delete(_list);

    [Theory]
    [InlineData("Is Romeo slaughtered?", "Is [Romeo](PER) slaughtered?")]
    [InlineData("He went to Mantua to-morrow, good Lord Angelo;", "He went to [Mantua](LOC) [to-morrow](TIME), good [Lord Angelo](PER)")]
    [InlineData("To-morrow we go home.", "[To-morrow](TIME) we go home.")]
    [InlineData("Where is Caius Marcius now?", "Where is [Caius Marcius](PER) now?")] // two names in a row are one
    [InlineData("Where are Caius, Marcius now?", "Where are [Caius](PER), [Marcius](PER) now?")]
    [InlineData("It is Romeo's ring, I say.", "It is [Romeo](PER)'s ring, I say.")]
    public void Mark_KnownNames_AreMarked(string sentence, string marked) => Assert.Equal([marked], Mark(sentence));

    [Theory]
    [InlineData("Is Rosaline with Romeo now?")] // a name that the list has not
    [InlineData("Is he slaughtered now?")] // no name
    [InlineData("Ah, Romeo!")] // two words
    [InlineData("Tybalt, where is Romeo?")] // begins with a word that is nowhere written small
    public void Mark_UnexplainedOrEmpty_IsLeftOut(string sentence) => Assert.Empty(Mark(sentence));

    [Fact]
    public void Mark_Verse_TakesCapitalsOfLinesForWordsThatAreAlsoSmall() => Assert.Equal(
        ["Why, [Romeo](PER), art thou Mad or sane?"],
        Mark("ROMEO:\nWhy, Romeo, art thou\nMad or sane?\n\nBENVOLIO:\nWhy mad, and why sane?\n\nWhy, Romeo, art thou\nMad or sane?"));

    [Theory]
    [InlineData("PER Romeo")]
    [InlineData("PER\tRomeo\nLOC\tRomeo")]
    [InlineData("PER\t")]
    public void Read_BadList_IsRefused(string list)
    {
        File.WriteAllText(_list, list);

        Assert.Contains("every name once", Assert.Throws<TrainingException>(() => NamedSentences.Read(_list)).Message,
            StringComparison.Ordinal);
    }

    private string[] Mark(string text)
    {
        File.WriteAllText(_list,
            "PER\tRomeo\nPER\tCaius\nPER\tMarcius\nPER\tLord Angelo\nLOC\tMantua\nTIME\tto-morrow\n");
        return [.. NamedSentences.Read(_list).Mark(text + "\nis it, where he, ah, why, art, mad, we.")];
    }
}

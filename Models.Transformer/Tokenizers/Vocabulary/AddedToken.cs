namespace Vitrine.Transformers;

/// <summary>A token that is matched literally in the text before anything else happens to it.</summary>
/// <param name="Content">Its spelling.</param>
/// <param name="Id">Its id.</param>
internal sealed record AddedToken(string Content, int Id)
{
    /// <summary>What to look for: <see cref="Content"/>, or its normalised form where the normalised text is searched.</summary>
    public string Pattern { get; init; } = Content;

    /// <summary>Left out when decoding without special tokens.</summary>
    public bool Special { get; init; } = true;

    /// <summary>Matches only where no word character touches it.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Takes the white space before it.</summary>
    public bool LeftStrip { get; init; }

    /// <summary>Takes the white space after it.</summary>
    public bool RightStrip { get; init; }

    /// <summary>Is looked for in the normalised text instead of the raw one.</summary>
    public bool Normalized { get; init; }

    /// <summary>The special tokens of a vocabulary and what a configuration adds; the latter knows the details and wins.</summary>
    public static IReadOnlyList<AddedToken> Union(Vocabulary vocabulary, SpecialTokens special, IReadOnlyList<AddedToken> added) =>
        [.. added.Concat(special.All.Select(id => new AddedToken(vocabulary.PieceOf(id), id))).DistinctBy(t => t.Content)];
}

namespace Vitrine;

/// <summary>How much a model reads, and what becomes of more.</summary>
/// <param name="Cut">Whether a text that is too long is cut; else it is refused, or read in windows where the task can.</param>
/// <param name="MaxLength">Tokens at most; null: as many as the model can read.</param>
/// <param name="Stride">Tokens that windows of a long context share; null: 128.</param>
/// <param name="Notes">Told what was lost or cut; null: nothing is.</param>
internal readonly record struct InputLimit(bool Cut = false, int? MaxLength = null, int? Stride = null, ReadNotes? Notes = null)
{
    /// <summary>Tokens at most, with so many positions kept free for those that follow.</summary>
    public int Of(LoadedModel loaded, int reserve = 0) => Math.Min(MaxLength ?? int.MaxValue, loaded.Model.Info.MaxPositions - reserve);
}

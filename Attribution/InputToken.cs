namespace Vitrine.Attributions;

/// <summary>One token of an explained input, and where it stands in the text.</summary>
/// <param name="Id">Token id of the model's vocabulary.</param>
/// <param name="Piece">The piece as the vocabulary spells it (<c>##ing</c>, <c>Ġthe</c>, <c>▁the</c>).</param>
/// <param name="Start">First character in its text, in UTF-16 code units; equal to <paramref name="End"/> where it has no text.</param>
/// <param name="End">One past the last character.</param>
/// <param name="Text">Which text of its side it belongs to (0 question, 1 context); −1 for a special token.</param>
/// <param name="Word">Which word of that text, from 0; −1 for a special token or where words are not known.</param>
/// <param name="IsSpecial">Whether the model's format asked for it (<c>[CLS]</c>, <c>&lt;/s&gt;</c>) and not the text.</param>
public sealed record InputToken(int Id, string Piece, int Start = 0, int End = 0, int Text = 0, int Word = -1, bool IsSpecial = false);

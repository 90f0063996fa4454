using Vitrine.Tests.Attributions;

namespace Vitrine.Tests;

/// <summary>Which code checks which cases: the one place to add a row.</summary>
public static class GoldenHandlers
{
    /// <summary>Runs a case and compares what comes out.</summary>
    public delegate void Handler(GoldenModel model, GoldenCase golden, GoldenCheck check);

    /// <summary>Pattern of case names (<c>*</c> stands for any characters) → handler. The first that matches counts.</summary>
    private static readonly (string Pattern, Handler Run)[] s_table =
    [
        ("forward/*", GoldenForward.Run),
        ("train_*", GoldenTraining.Run),
        ("loss", GoldenLoss.Run),
        ("loss_and_grads", GoldenLoss.Gradients),
        ("embed_positions", GoldenForward.Positions),
        ("logit_lens", GoldenForward.Lens),
        ("generate/*", GoldenGenerate.Run),
        .. GoldenAttributions.Rows,
    ];

    /// <summary>The row for a case name; null when there is none: the case is not covered.</summary>
    public static (string Pattern, Handler Run)? For(string name)
    {
        foreach ((string Pattern, Handler Run) row in s_table)
        {
            if (System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(row.Pattern, name))
            {
                return row;
            }
        }
        return null;
    }
}

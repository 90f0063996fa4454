using System.CommandLine;
using Vitrine.Drawing;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary>Where a chart of a result's statistics goes, and on which paper.</summary>
internal sealed class PlotOption
{
    private readonly Option<string?> _plot;
    private readonly Option<bool> _dark = Declare.Flag("--dark", "Draw the chart on dark paper.");

    /// <summary>The options of a command.</summary>
    /// <param name="what">What the chart shows.</param>
    /// <param name="aliases">Other names of <c>--plot</c>.</param>
    public PlotOption(string what, params string[] aliases) => _plot = new("--plot", aliases)
    {
        Description = $"Draw {what}; the path ends in .png, .svg or .pdf.",
        HelpName = "path",
    };

    /// <summary>All of them.</summary>
    public ReadOnlySpan<Symbol> Symbols => new Symbol[] { _plot, _dark };

    /// <summary>Whether a chart was asked for.</summary>
    public bool IsAsked(ParseResult parsed) => parsed.GetValue(_plot) is not null;

    /// <summary>Finds out before long work whether the chart can be written.</summary>
    /// <exception cref="CommandException">It cannot.</exception>
    public void Probe(ParseResult parsed, Terminal terminal)
    {
        string? path = parsed.GetValue(_plot);
        if (path is not null && !Plots.Endings.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
        {
            throw new CommandException(ExitCode.Usage,
                $"plot: ending not known; got '{path}'; expected a path that ends in {string.Join(", ", Plots.Endings)}.");
        }
        OutputFile.Probe(path, terminal);
        if (path is not null)
        {
            SvgPainter.Check();
        }
    }

    /// <summary>Draws it where it was asked for.</summary>
    public void Write(ParseResult parsed, Terminal terminal, Func<Chart> chart)
    {
        if (parsed.GetValue(_plot) is { } path)
        {
            OutputFile.Write(path, Plots.Save(chart(), path, parsed.GetValue(_dark)), terminal);
        }
    }
}

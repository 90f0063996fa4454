using System.Reflection;
using System.Text;
using SkiaSharp;

namespace Vitrine.Drawing;

/// <summary>Which typeface draws a character: the one in this assembly, if any, first, then those of the machine.</summary>
/// <remarks>
/// A build on a machine with DejaVu Sans carries it in the assembly (ADR 6), so that Latin, Greek, Cyrillic, Arabic and Hebrew look the
/// same everywhere, also where no font is installed. What it lacks is asked of the system (Windows, macOS), and of the font files in the
/// folders where Linux keeps them: the Skia used here is the one without fontconfig, which would be another thing to install.
/// </remarks>
internal sealed class FontLibrary
{
    private static readonly string[] s_endings = [".ttf", ".otf", ".ttc", ".otc"];

    // What looks like the rest of the text goes before what is only there: upright sans-serif of regular weight.
    private static readonly string[] s_unlike = ["mono", "serif", "bold", "italic", "oblique", "black", "thin", "light", "condensed"];

    private readonly SKTypeface? _own;
    private readonly Lazy<string[]> _files;
    private readonly Dictionary<string, SKTypeface?> _open = [];
    private readonly Dictionary<string, SKTypeface?> _known = [];

    /// <summary>Fonts of chosen folders.</summary>
    /// <param name="folders">Where font files are.</param>
    /// <param name="own">The typeface that goes first; null: none.</param>
    public FontLibrary(IReadOnlyList<string> folders, SKTypeface? own) => (_own, _files) = (own, new(() => [.. folders
        .Where(Directory.Exists).SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        .Where(path => s_endings.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
        .OrderBy(Unlike).ThenBy(path => path, StringComparer.Ordinal)]));

    /// <summary>The font of the assembly; null: it was built without one.</summary>
    public static SKTypeface? BuiltIn { get; } = Read();

    /// <summary>The fonts of this machine, after that of the assembly.</summary>
    public static FontLibrary OfMachine { get; } = new(Folders(), BuiltIn);

    /// <summary>What plain text is drawn in.</summary>
    /// <exception cref="IOException">There is no font at all.</exception>
    public SKTypeface Standard => _own ?? For("0") ?? throw new IOException(
        "font: none to draw with; got a build without one, and none on this machine; expected a TrueType or OpenType file in the folders "
        + "of fonts. Install one, such as Debian's fonts-dejavu-core, or write SVG.");

    /// <summary>Whether there is one.</summary>
    public bool HasStandard => _own is not null || For("0") is not null;

    /// <summary>The typeface that has every character of a cluster; null: none has.</summary>
    /// <param name="cluster">A character as readers count them, with its marks and joiners.</param>
    public SKTypeface? For(string cluster)
    {
        lock (_known)
        {
            if (!_known.TryGetValue(cluster, out SKTypeface? found))
            {
                _known[cluster] = found = Find(cluster);
            }
            return found;
        }
    }

    private SKTypeface? Find(string cluster)
    {
        Rune[] runes = [.. cluster.EnumerateRunes().Where(rune => !IsInvisible(rune))];
        bool isPicture = runes.Any(rune => rune.Value >= 0x1F000) || cluster.Contains('\uFE0F', StringComparison.Ordinal);
        return Candidates(runes, isPicture).FirstOrDefault(face => face is not null && Has(face, runes));
    }

    private IEnumerable<SKTypeface?> Candidates(Rune[] runes, bool isPicture)
    {
        // Coloured emoji go before the outlines that a text font may have.
        foreach (string file in isPicture ? _files.Value.Where(IsEmoji) : [])
        {
            yield return Open(file);
        }
        yield return _own;
        if (runes.Length > 0)
        {
            yield return SKFontManager.Default.MatchCharacter(runes[0].Value);
        }
        foreach (string file in _files.Value)
        {
            yield return Open(file);
        }
    }

    private SKTypeface? Open(string file)
    {
        if (!_open.TryGetValue(file, out SKTypeface? face))
        {
            _open[file] = face = SKTypeface.FromFile(file);
        }
        return face;
    }

    private static bool Has(SKTypeface face, Rune[] runes)
    {
        using SKFont font = new(face);
        return runes.All(rune => font.ContainsGlyph(rune.Value));
    }

    private static bool IsEmoji(string path) => Path.GetFileName(path).Contains("emoji", StringComparison.OrdinalIgnoreCase);

    private static int Unlike(string path) =>
        s_unlike.Count(word => Path.GetFileName(path).Contains(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a character only says something about its neighbours: marks of direction, joiners, variation selectors.</summary>
    public static bool IsInvisible(Rune rune) => Rune.IsControl(rune)
        || Rune.GetUnicodeCategory(rune) == System.Globalization.UnicodeCategory.Format || rune.Value is (>= 0xFE00 and <= 0xFE0F);

    private static IReadOnlyList<string> Folders()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string shared = Given("XDG_DATA_DIRS") ?? "/usr/local/share:/usr/share", own = Given("XDG_DATA_HOME")
            ?? Path.Combine(home, ".local/share");
        return OperatingSystem.IsLinux()
            ? [Path.Combine(own, "fonts"), Path.Combine(home, ".fonts"), .. shared.Split(':').Select(at => Path.Combine(at, "fonts"))] : [];

        static string? Given(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
    }

    private static SKTypeface? Read()
    {
        using Stream? font = Assembly.GetExecutingAssembly().GetManifestResourceStream("font.ttf");
        return font is null ? null : SKTypeface.FromStream(font);
    }
}

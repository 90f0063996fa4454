using Vitrine.Drawing;
using Xunit;

namespace Vitrine.Tests.Drawing;

/// <summary>The fonts that tests of pictures need.</summary>
internal static class TestFonts
{
    /// <summary>Skips a test where nothing can be drawn.</summary>
    public static void NeedAny() => Assert.SkipUnless(Plots.HasFont, "no font on this machine (Debian: fonts-dejavu-core)");

    /// <summary>Skips a test where this build carries no font.</summary>
    public static void NeedBuiltIn() =>
        Assert.SkipUnless(FontLibrary.BuiltIn is not null, "built without a font (Debian: fonts-dejavu-core)");
}

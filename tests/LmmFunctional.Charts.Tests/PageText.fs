namespace LmmFunctional.Charts.Tests

open System.Text.RegularExpressions

/// <summary>The text of a page without the scripts that draw.</summary>
[<RequireQualifiedAccess>]
module PageText =

    /// Elements and text, without styles and scripts that run.
    let ofPage (page: string) =
        Regex.Replace(page, "<script>.*?</script>|<style>.*?</style>", "", RegexOptions.Singleline)

namespace LmmFunctional.Tests

open System
open System.Text.Json
open NUnit.Framework
open LmmFunctional

/// <summary>Fits as JSON: the agreed keys, and numbers that read back as they were.</summary>
[<TestFixture>]
module FitJsonTests =

    let private parse fit =
        let text = FitJson.render (TimeSpan.FromSeconds 0.25) fit
        JsonDocument.Parse(text).RootElement

    let private keys (element: JsonElement) = [ for property in element.EnumerateObject() -> property.Name ]

    let private get (name: string) (element: JsonElement) = element.GetProperty name

    let private item (name: string) (index: int) (element: JsonElement) = (element.GetProperty name).Item index

    let private texts (name: string) (element: JsonElement) = [
        for text in (get name element).EnumerateArray() -> string text
    ]

    let private number name element = (get name element).GetDouble()

    let private sleepstudy =
        lazy (Fitted.reml "sleepstudy" "Reaction ~ Days + (Days | Subject)")

    let private singular = lazy (Fitted.reml "dyestuff2" "Yield ~ 1 + (1 | Batch)")

    [<Test>]
    let ``the keys are those agreed, in their order`` () =
        let json = parse sleepstudy.Value

        keys json
        |> Texts.equal [
            "formula"
            "method"
            "n"
            "p"
            "q"
            "criterion"
            "logLik"
            "df"
            "aic"
            "bic"
            "sigma"
            "fixef"
            "varcorr"
            "parameters"
            "residual"
            "dropped"
            "singular"
            "certificate"
            "iterations"
            "seconds"
        ]

        keys (item "fixef" 0 json) |> Texts.equal [ "name"; "estimate"; "se"; "t" ]

        keys (item "varcorr" 0 json)
        |> Texts.equal [ "group"; "var1"; "var2"; "vcov"; "sdcor" ]

        keys (get "certificate" json)
        |> Texts.equal [
            "verdict"
            "gradient"
            "newtonDecrement"
            "minEigenvalue"
            "starts"
            "endedHere"
            "descents"
            "nextBest"
        ]

        keys (get "seconds" json) |> Texts.equal [ "read"; "build"; "solve" ]

    [<Test>]
    let ``numbers read back as the same doubles`` () =
        let fit = sleepstudy.Value
        let json = parse fit
        Assert.That(number "criterion" json, Is.EqualTo fit.CriterionValue)
        Assert.That(number "sigma" json, Is.EqualTo fit.Sigma)
        Assert.That(number "aic" json, Is.EqualTo fit.InformationCriteria.Aic)
        Assert.That(number "estimate" (item "fixef" 1 json), Is.EqualTo fit.Coefficients[1].Estimate)
        Assert.That(number "vcov" (item "varcorr" 2 json), Is.EqualTo fit.VarianceComponents[2].Covariance)
        Assert.That(number "read" (get "seconds" json), Is.EqualTo 0.25)

    [<Test>]
    let ``sizes and words of a fit inside`` () =
        let json = parse sleepstudy.Value
        Assert.That((get "formula" json).GetString(), Is.EqualTo "Reaction ~ 1 + Days + (1 + Days | Subject)")
        Assert.That((get "method" json).GetString(), Is.EqualTo "REML")

        let sizes = [ "n"; "p"; "q"; "df" ] |> List.map (fun name -> string (get name json))
        sizes |> Texts.equal [ "180"; "2"; "36"; "6" ]
        Assert.That((get "singular" json).GetBoolean(), Is.False)
        Assert.That((get "verdict" (get "certificate" json)).GetString(), Is.EqualTo "Optimum")

    [<Test>]
    let ``effects that do not apply are null`` () =
        let parts = get "varcorr" (parse sleepstudy.Value)

        let effects = [
            for part in parts.EnumerateArray() -> string (get "var1" part) + ", " + string (get "var2" part)
        ]

        effects |> Texts.equal [ "(Intercept), "; "Days, "; "(Intercept), Days"; ", " ]

        Assert.That((get "var2" (parts.Item 0)).ValueKind, Is.EqualTo JsonValueKind.Null)

    [<Test>]
    let ``a fit at a bound names it`` () =
        let json = parse singular.Value
        let certificate = get "certificate" json
        Assert.That((get "singular" json).GetBoolean(), Is.True)
        Assert.That((get "verdict" certificate).GetString(), Is.EqualTo "BoundaryOptimum")
        texts "names" certificate |> Texts.equal [ "Batch (Intercept)" ]
        Assert.That((get "minEigenvalue" certificate).ValueKind, Is.EqualTo JsonValueKind.Null)

    [<Test>]
    let ``a fit that was stopped gives its reason`` () =
        let certificate =
            get "certificate" (parse (Fitted.stopped "sleepstudy" "Reaction ~ Days + (Days | Subject)"))

        Assert.That((get "verdict" certificate).GetString(), Is.EqualTo "NotConverged")

        Assert.That(
            (get "reason" certificate).GetString(),
            Is.EqualTo "stopped after step 1; more steps would lower the criterion"
        )

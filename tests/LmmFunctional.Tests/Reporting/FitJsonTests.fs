/// <summary>Fits as JSON: the agreed keys, and numbers that read back as they were.</summary>
module LmmFunctional.Tests.FitJsonTests

open System
open System.Text.Json
open Expecto
open LmmFunctional.Estimation
open LmmFunctional.Analysis

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

[<Tests>]
let tests =
    testList "FitJsonTests" [
        testCase "the keys are those agreed, in their order" (fun () ->
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

            keys (get "seconds" json) |> Texts.equal [ "read"; "build"; "solve" ])

        testCase "numbers read back as the same doubles" (fun () ->
            let fit = sleepstudy.Value
            let json = parse fit
            Check.equal fit.CriterionValue (number "criterion" json)
            Check.equal fit.Sigma (number "sigma" json)
            Check.equal fit.InformationCriteria.Aic (number "aic" json)
            Check.equal (fit.Coefficients[1].Estimate) (number "estimate" (item "fixef" 1 json))
            Check.equal (fit.VarianceComponents[2].Covariance) (number "vcov" (item "varcorr" 2 json))
            Check.equal 0.25 (number "read" (get "seconds" json)))

        testCase "sizes and words of a fit inside" (fun () ->
            let json = parse sleepstudy.Value
            Check.equal "Reaction ~ 1 + Days + (1 + Days | Subject)" (string ((get "formula" json).GetString()))
            Check.equal "REML" (string ((get "method" json).GetString()))

            let sizes = [ "n"; "p"; "q"; "df" ] |> List.map (fun name -> string (get name json))
            sizes |> Texts.equal [ "180"; "2"; "36"; "6" ]
            Check.isFalse ((get "singular" json).GetBoolean())
            Check.equal "Optimum" (string ((get "verdict" (get "certificate" json)).GetString())))

        testCase "effects that do not apply are null" (fun () ->
            let parts = get "varcorr" (parse sleepstudy.Value)

            let effects = [
                for part in parts.EnumerateArray() -> string (get "var1" part) + ", " + string (get "var2" part)
            ]

            effects |> Texts.equal [ "(Intercept), "; "Days, "; "(Intercept), Days"; ", " ]

            Check.equal JsonValueKind.Null ((get "var2" (parts.Item 0)).ValueKind))

        testCase "a fit at a bound names it" (fun () ->
            let json = parse singular.Value
            let certificate = get "certificate" json
            Check.isTrue ((get "singular" json).GetBoolean())
            Check.equal "BoundaryOptimum" (string ((get "verdict" certificate).GetString()))
            texts "names" certificate |> Texts.equal [ "Batch (Intercept)" ]
            Check.equal JsonValueKind.Null ((get "minEigenvalue" certificate).ValueKind))

        testCase "a fit that was stopped gives its reason" (fun () ->
            let certificate =
                get "certificate" (parse (Fitted.stopped "sleepstudy" "Reaction ~ Days + (Days | Subject)"))

            Check.equal "NotConverged" (string ((get "verdict" certificate).GetString()))

            Check.equal
                "stopped after step 1; more steps would lower the criterion"
                (string ((get "reason" certificate).GetString())))
    ]

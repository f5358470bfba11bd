/// <summary>What cannot be tested has no p-value, and says why.</summary>
module LmmFunctional.Tests.TestabilityTests

open System
open System.IO
open Expecto
open LmmFunctional
open LmmFunctional.Analysis
open LmmFunctional.Cli
open LmmFunctional.Properties

let private methods = [
    DegreesOfFreedomMethod.Asymptotic
    DegreesOfFreedomMethod.Residual
    DegreesOfFreedomMethod.Containment
    DegreesOfFreedomMethod.BetweenWithin
    DegreesOfFreedomMethod.satterthwaite
    DegreesOfFreedomMethod.kenwardRoger
]

let private sound where (own: Estimate) =
    Law.isTrue
        $"{where}, {own.Name}: se {own.StandardError}, {own.Df} df, p {own.P}, reason %A{own.NotTestable}"
        (match own.NotTestable with
         | Some _ -> Double.IsNaN own.P && Double.IsNaN own.Df && Double.IsNaN own.Lower
         | None -> own.StandardError > 0.0 && own.Df > 0.0 && not (Double.IsNaN own.P))

let private soundJointly where (own: JointTest) =
    Law.isTrue
        $"{where}, {own.Name}: {own.DenominatorDf} df, F {own.F}, p {own.P}, reason %A{own.NotTestable}"
        (match own.NotTestable with
         | Some _ -> Double.IsNaN own.P && Double.IsNaN own.F
         | None -> own.DenominatorDf > 0.0 && not (Double.IsNaN own.P))

let private run (arguments: string list) =
    use output = new StringWriter()
    use error = new StringWriter()
    let code = Cli.run (Array.ofList arguments) output error
    code, output.ToString(), error.ToString().TrimEnd()

let private clusters = TestData.csv "cases/04-two-clusters"

let private reason = Testability.flat [ "g.(Intercept)" ]

[<Tests>]
let tests =
    testList "TestabilityTests" [
        testPropertyWithConfig
            {
                Law.config with
                    arbitrary = [ typeof<SmallModels> ]
                    maxTest = 25
            }
            "no p-value without degrees of freedom and a standard error"
            (fun (model: RandomModel) ->
                let fit = RandomModel.fit model

                Law.holds [
                    for method in methods do
                        match Inference.create method fit with
                        | Error _ -> ()
                        | Ok inference ->
                            let where = $"{RandomModel.formula model}, {DegreesOfFreedomMethod.describe method}"

                            for own in Inference.coefficients 0.95 inference do
                                yield! sound where own

                            for own in (Anova.ofInference HypothesisType.III inference).Tests do
                                yield! soundJointly where own
                ])

        // Two clusters, a treatment each

        // The fixed effects hold every level of g: there is no fit whose tests could mislead.
        testCases
            "two clusters with a treatment each cannot be tested"
            [ "asymptotic"; "containment"; "satterthwaite"; "kenward-roger" ]
            (fun (method: string) ->
                let model = [ clusters; "y ~ trt + (1 | g)" ]
                let df = [ "--df"; method ]

                for command in
                    [
                        [ "fit" ] @ model @ df
                        [ "anova" ] @ model @ df
                        [ "emmeans" ] @ model @ [ "--over"; "trt"; "--contrast"; "pairwise" ] @ df
                        [ "ci" ] @ model
                    ] do
                    let code, output, error = run command
                    Check.equal 2 code
                    Check.equal "" output

                    Check.contains
                        "cannot be estimated: the fixed effects hold this effect of every level of 'g'"
                        error)

        testCase "the words" (fun () ->
            Texts.equal [
                "trtB cannot be tested. Its variance depends on g.(Intercept), which the data do not determine."
                "x cannot be tested. Its standard error is zero: the data leave no variance to test it with."
                "x cannot be tested. It has no degrees of freedom: the data have nothing left to estimate its variance from."
            ] [
                Testability.line "trtB" reason
                Testability.line "x" Testability.certain
                Testability.line "x" Testability.noDegreesOfFreedom
            ])

        testCases
            "fixed effects that fit exactly are told with every residual structure"
            [
                "cs(t | id)"
                "ar1(t | id)"
                "cs(t | id) per x"
                "us(t | id)"
                "csh(t | id)"
                "toep(t | id)"
                "ident(t)"
                "car1(t | id)"
            ]
            (fun (structure: string) ->
                for command in [ "fit"; "anova" ] do
                    let code, _, error =
                        run [
                            command
                            TestData.csv "cases/01-perfect"
                            $"y ~ x + t; residual = {structure}"
                        ]

                    Expect.equal code 2 ($"{command}, {structure}: {error}")

                    Check.contains "The fixed effects fit the response 'y' exactly" error)
    ]

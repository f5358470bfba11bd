/// <summary>Correlations that R prints: nlme 3.1's corMatrix (first rows), and besselK for Matérn's.</summary>
module LmmFunctional.Tests.NlmeElementTests

open Expecto
open LmmFunctional.Model
open LmmFunctional.Estimation

let private coordinates = [|
    [| 0.0; 0.0 |]
    [| 1.0; 2.0 |]
    [| 2.5; 1.0 |]
    [| 3.0; 4.0 |]
    [| 5.2; 3.5 |]
|]

let private plane = {
    Labels = FormCases.labels 5
    Coordinates = coordinates
}

let private line = {
    plane with
        Coordinates = coordinates |> Array.map (Array.take 1)
}

let private spatial correlation =
    Nugget.add (StructureForm.create (Structure.Spatial(correlation, false)) plane)

let private stationary p q =
    StructureForm.create (Structure.AutoregressiveMovingAverage(p, q)) plane

let private cases = [
    "corARMA(c(.5,-.3,.4), p=2, q=1)",
    stationary 2 1,
    [| 0.5; -0.3; 0.4 |],
    [|
        1.0
        0.5471698113207548
        -0.0264150943396226
        -0.1773584905660377
        -0.0807547169811321
    |]
    "corARMA(c(.4,-.25), p=0, q=2)",
    stationary 0 2,
    [| 0.4; -0.25 |],
    [| 1.0; 0.245398773006135; -0.204498977505112; 0.0; 0.0 |]
    "corCAR1(.6, form=~x)",
    StructureForm.create Structure.ContinuousAutoregressive line,
    [| 0.6 |],
    [| 1.0; 0.6; 0.2788548009269339; 0.216; 0.0702079839045524 |]
    "corExp(c(1.7,.2), form=~x+y, nugget=TRUE)",
    spatial SpatialCorrelation.Exponential,
    [| 1.7; 0.2 |],
    [|
        1.0
        0.2147077118128690
        0.1641432833856592
        0.0422428562674404
        0.0200344000715113
    |]
    "corGaus(c(1.7,.2), form=~x+y, nugget=TRUE)",
    spatial SpatialCorrelation.Gaussian,
    [| 1.7; 0.2 |],
    [|
        1.0
        1.41812806159265e-01
        6.51023865721342e-02
        1.40028780363687e-04
        9.97215182126812e-07
    |]
    "corSpher(c(4.7,.2), form=~x+y, nugget=TRUE)",
    spatial SpatialCorrelation.Spherical,
    [| 4.7; 0.2 |],
    [| 1.0; 0.272163643965549; 0.187741777993164; 0.0; 0.0 |]
    "corRatio(c(1.7,.2), form=~x+y, nugget=TRUE)",
    spatial SpatialCorrelation.RationalQuadratic,
    [| 1.7; 0.2 |],
    [|
        1.0
        0.293029150823827578
        0.228007889546351095
        0.082897095733237711
        0.054812707444286381
    |]
    "corCompSymm(-.2)",
    StructureForm.create Structure.CompoundSymmetry plane,
    [| -0.2 |],
    [| 1.0; -0.2; -0.2; -0.2; -0.2 |]
]

// 2^(1-nu)/gamma(nu)*h^nu*besselK(h,nu) in R 4.2.2.
let private matern = [
    0.2,
    [
        9.96174359317695e-01
        9.39367981121465e-01
        6.19765641083935e-01
        1.62025383894292e-01
        5.60981405809632e-03
    ]
    0.8,
    [
        9.99999999592822e-01
        9.99975479911681e-01
        9.71613442200654e-01
        5.23118898194668e-01
        3.58641819581007e-02
    ]
    3.7,
    [
        9.99999999999908e-01
        9.99999907407414e-01
        9.99074754103992e-01
        9.13606371941222e-01
        3.05306979099151e-01
    ]
    12.0,
    [
        9.99999999999977e-01
        9.99999977272728e-01
        9.99772755679189e-01
        9.77554208115218e-01
        6.99524740967279e-01
    ]
]

[<Tests>]
let tests =
    testList "NlmeElementTests" [
        testCase "nlme's correlations" (fun () ->
            Law.assertHolds [
                for name, form, natural, expected in cases do
                    let tau = form.Unconstrained natural |> Option.get |> Jet.constants
                    let row = Array.init 5 (fun j -> (form.Element tau 0 j).Value)
                    yield! Law.nearAll name 1e-14 expected row
            ])

        testCase "Matern's correlation for any smoothness" (fun () ->
            Law.assertHolds [
                for nu, expected in matern do
                    let values =
                        [ 1e-6; 1e-3; 0.1; 1.0; 4.0 ]
                        |> List.map (fun h -> (Matern.correlation (Jet.number h) (Jet.number nu)).Value)

                    yield! Law.nearAll $"nu = {nu}" 1e-13 expected values
            ])
    ]
